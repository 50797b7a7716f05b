import type { Metadata } from "@grpc/grpc-js";
import { serverErrors } from "../../errors/server-errors.ts";
import { AuthDefinition, ClusterDefinition, KVDefinition, LeaseDefinition, MaintenanceDefinition, WatchDefinition } from "../../gen/rpc.ts";
import type { GrpcStatusName } from "../../errors/grpc-status.ts";
import { onAbort } from "../../util/abort.ts";
import { sleep } from "../../util/clock.ts";
import type { Clock } from "../../util/clock.ts";
import { RefusedError } from "../refused-error.ts";

/** How calls are to fail. */
export interface CallFailure {
  /** The method's name, as "Put" or "Watch"; every method without it. */
  readonly method?: string;
  /** Default UNAVAILABLE. */
  readonly code?: GrpcStatusName;
  /** What the status says. Default "injected failure". */
  readonly message?: string;
  /** How many calls. Default 1. */
  readonly times?: number;
  /** Whether the work is done all the same: the client cannot know what became of its write. Default false. Unary calls only. */
  readonly applied?: boolean;
}

/** How calls are to wait before they are answered. */
export interface CallDelay {
  /** The method's name, as "Put" or "Watch"; every method without it. */
  readonly method?: string;
  /** How long, in ms, by the server's clock. */
  readonly delayMs: number;
}

/** Without a leader nothing can be agreed on, and so these do not come back in time. */
const NEEDS_LEADER = new Set(["Range", "Put", "DeleteRange", "Txn", "Compact", "LeaseGrant", "LeaseRevoke"]);
/** Five seconds and two election timeouts. */
const REQUEST_TIMEOUT_MS = 7_000;

interface PendingFailure extends CallFailure {
  left: number;
}

/** Breaks calls as they come in. */
export class FaultInjector {
  readonly #clock: Clock;
  readonly #failures: PendingFailure[] = [];
  readonly #delays = new Set<CallDelay>();
  /** Aborted when there is a leader again; undefined while there is one. */
  #leaderless: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws {TypeError} if there is no such method. @throws {RangeError} if `times` is no number of calls */
  failNext(failure: CallFailure = {}): void {
    const { method, times = 1 } = failure;
    checkMethod(method);
    if (!Number.isSafeInteger(times) || times < 1) throw new RangeError(`times must be an integer from 1 on, got ${String(times)}`);
    this.#failures.push({ ...failure, left: times });
  }

  /** Returns what ends the delay. @throws {TypeError} if there is no such method. @throws {RangeError} if `delayMs` is no time */
  delay(delay: CallDelay): () => void {
    checkMethod(delay.method);
    if (!(delay.delayMs >= 0)) throw new RangeError(`delayMs must be 0 or more, got ${String(delay.delayMs)}`);
    this.#delays.add(delay);
    return () => {
      this.#delays.delete(delay);
    };
  }

  get hasLeader(): boolean {
    return this.#leaderless === undefined;
  }

  loseLeader(): void {
    this.#leaderless ??= new AbortController();
  }

  electLeader(): void {
    this.#leaderless?.abort();
    this.#leaderless = undefined;
  }

  /**
   * What a call meets before it is answered. Waits out its delay; throws if it fails, or when `running` is aborted while it waits; returns
   * the error to throw after the work is done.
   */
  async before(method: string, metadata: Metadata, running: AbortSignal): Promise<RefusedError | undefined> {
    for (const { method: only, delayMs } of this.#delays) {
      if (only === undefined || only === method) await sleep(delayMs, { clock: this.#clock, signal: running });
    }
    if (this.#leaderless !== undefined) await this.#withoutLeader(this.#leaderless.signal, method, metadata, running);
    const failure = this.#take(method);
    if (failure === undefined) return undefined;
    const { code = "UNAVAILABLE", message = "injected failure", applied = false } = failure;
    const error = new RefusedError({ code, message });
    if (applied) return error;
    throw error;
  }

  async #withoutLeader(elected: AbortSignal, method: string, metadata: Metadata, running: AbortSignal): Promise<void> {
    if (asksForLeader(metadata)) throw new RefusedError(serverErrors.noLeader);
    if (!NEEDS_LEADER.has(method)) return;
    const patience = new AbortController();
    const end = (): void => {
      patience.abort();
    };
    const unlink = [onAbort(elected, end), onAbort(running, end)];
    await sleep(REQUEST_TIMEOUT_MS, { clock: this.#clock, signal: patience.signal }).catch(() => {
      // There is a leader again, and the call goes on; or the server stops.
    });
    for (const each of unlink) each();
    running.throwIfAborted();
    if (!elected.aborted) throw new RefusedError(serverErrors.timeout);
  }

  #take(method: string): CallFailure | undefined {
    const index = this.#failures.findIndex((failure) => failure.method === undefined || failure.method === method);
    const failure = this.#failures[index];
    if (failure === undefined) return undefined;
    failure.left--;
    if (failure.left <= 0) this.#failures.splice(index, 1);
    return failure;
  }
}

const services: readonly { readonly methods: Readonly<Record<string, { readonly name: string }>> }[] = [
  KVDefinition,
  WatchDefinition,
  LeaseDefinition,
  AuthDefinition,
  MaintenanceDefinition,
  ClusterDefinition,
];
const methodNames = new Set(services.flatMap(({ methods }) => Object.values(methods).map(({ name }) => name)));

/** A fault for a method that nobody can call would never be seen. */
function checkMethod(method: string | undefined): void {
  if (method === undefined || methodNames.has(method)) return;
  throw new TypeError(`method must be the name of a call, as "Put" or "Watch", got ${JSON.stringify(method)}`);
}

/** Whether a call wants to fail rather than wait while there is no leader. */
export function asksForLeader(metadata: Metadata): boolean {
  return metadata.get("hasleader").includes("true");
}
