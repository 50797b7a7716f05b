import type { UnaryCallOptions } from "../transport/transport.ts";
import { checkSignal, checkTimeout, type OptionKinds } from "../util/option-check.ts";

/** What every single request takes. */
export interface CallOptions {
  /** Aborting it cancels the call, which rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long the call may take in all, in ms. Default: the client's `requestTimeoutMs`. Infinity is no limit. */
  readonly timeoutMs?: number | undefined;
}

export const callOptionKinds: OptionKinds<CallOptions> = { signal: "value", timeoutMs: "value" };

/**
 * The part of a call's options that is the transport's.
 * @throws {TypeError} if the signal is no AbortSignal
 * @throws {RangeError} if the timeout is not a number of ms above 0
 */
export function unaryCallOptions(
  options: CallOptions,
  { requestTimeoutMs, repeatable }: { readonly requestTimeoutMs: number; readonly repeatable: boolean },
): UnaryCallOptions {
  const { signal, timeoutMs = requestTimeoutMs } = options;
  return { signal: checkSignal(signal), timeoutMs: checkTimeout(timeoutMs, "timeoutMs"), repeatable };
}
