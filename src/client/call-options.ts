import type { UnaryCallOptions } from "../transport/transport.ts";
import { showValue, type OptionKinds } from "../util/option-check.ts";

/** What every single request takes. */
export interface CallOptions {
  /** Aborting it cancels the call, which rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long the call may take in all, in ms. Default: the client's `requestTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
}

export const callOptionKinds: OptionKinds<CallOptions> = { signal: "value", timeoutMs: "value" };

/**
 * The part of a call's options that is the transport's.
 * @throws {TypeError} if the signal is no AbortSignal
 * @throws {RangeError} if the timeout is not a number of ms above 0
 */
export function unaryCallOptions(
  { signal, timeoutMs }: CallOptions,
  { requestTimeoutMs, repeatable }: { readonly requestTimeoutMs: number; readonly repeatable: boolean },
): UnaryCallOptions {
  return { signal: checkSignal(signal), timeoutMs: checkTimeout(timeoutMs ?? requestTimeoutMs, "timeoutMs"), repeatable };
}

/** @throws {TypeError} if it is something else than an AbortSignal */
export function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || isAbortSignal(signal)) return signal;
  throw new TypeError(`signal must be an AbortSignal, got ${showValue(signal)}`);
}

/** @throws {RangeError} if it is not a number above 0. Infinity is one: no limit. */
export function checkTimeout(timeoutMs: number, name: string): number {
  if (typeof timeoutMs === "number" && timeoutMs > 0) return timeoutMs;
  throw new RangeError(`${name} must be a number of ms above 0, got ${showValue(timeoutMs)}`);
}

/** By its shape: a signal of another realm (a test runner's) is no `instanceof` of ours. */
function isAbortSignal(value: unknown): boolean {
  return typeof value === "object" && value !== null && "aborted" in value && "addEventListener" in value;
}
