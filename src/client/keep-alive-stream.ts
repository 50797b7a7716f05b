import { type EtcdError, isEtcdError, isProtocolError, isRpcError, ProtocolError, RpcError } from "../errors/etcd-error.ts";
import { LeaseDefinition, LeaseKeepAliveRequest, LeaseKeepAliveResponse as WireResponse } from "../gen/rpc.ts";
import { isTokenRefusal } from "../transport/auth-token.ts";
import { methodPath } from "../transport/rpc-method.ts";
import type { DuplexCall, Transport } from "../transport/transport.ts";
import { onAbort } from "../util/abort.ts";
import { Backoff, type BackoffOptions } from "../util/backoff.ts";
import { type Clock, sleep } from "../util/clock.ts";
import type { Logger } from "../util/logger.ts";
import { streamVerdict } from "../watch/stream-verdict.ts";
import type { KeptLease } from "./kept-lease.ts";
import { LeaseKeepAliveResponse } from "./lease-responses.ts";

const PATH = methodPath(LeaseDefinition, LeaseDefinition.methods.leaseKeepAlive);
/** A member without a leader cannot renew anything: its stream ends, and another member is asked. clientv3 does the same (lease.go). */
const METADATA = { hasleader: "true" };
/** Streams in a row that may be refused although their token was fetched just now. */
const MAX_TOKEN_REFUSALS = 3;
/** However little time a lease has, a renewal that was just sent gets this long, in ms. */
const LEAST_PATIENCE_MS = 500;

export interface KeepAliveStreamOptions {
  readonly transport: Transport;
  readonly backoff: BackoffOptions;
  readonly clock: Clock;
  readonly logger: Logger;
}

type StreamState =
  | { readonly at: "opening" }
  | { readonly at: "serving"; readonly call: DuplexCall }
  | { readonly at: "backing-off" }
  | { readonly at: "closed" };

/**
 * One stream that renews many leases, opened again until it is closed.
 *
 *               opened                 broke, retryable
 *   opening ──────────────► serving ───────────────────────┐
 *      ▲                                                   ▼
 *      └──────────────────── delay over ────────────── backing-off
 *
 *   any state ── close(), fatal error ──► closed
 *
 * opening: waits for an endpoint to answer. serving: `call` is live, and what is due is sent at once. backing-off: nothing is open.
 * closed: it renews nothing. Leases run out in every state, each by a clock of its own.
 */
export class KeepAliveStream {
  /** Settles once the call is over. Never rejects. */
  readonly done: Promise<void>;
  readonly #options: KeepAliveStreamOptions;
  readonly #leases: ReadonlyMap<bigint, KeptLease>;
  readonly #backoff: Backoff;
  readonly #closing = new AbortController();
  /**
   * When each renewal was sent that has no answer yet, by its lease. There is no second one before the first is answered, so that an answer
   * tells from when on the lease lives; not even for a lease that has left meanwhile and has come back.
   */
  readonly #sentAtMs = new Map<bigint, number>();
  /** Endpoints that refused the stream with FAILED_PRECONDITION since an answer came. */
  readonly #refusedBy = new Set<string>();
  /** Streams that were refused for their token since an answer came. */
  #tokenRefusals = 0;
  #state: StreamState = { at: "opening" };
  #fail: (error: EtcdError) => void = () => undefined;

  /** @param leases those to renew, as they come and go */
  constructor(leases: ReadonlyMap<bigint, KeptLease>, options: KeepAliveStreamOptions) {
    this.#leases = leases;
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
    this.done = this.#run();
  }

  /** Sends the renewal of a lease that is due, if it is not on its way. While nothing is open it stays due. */
  renew({ id }: KeptLease): void {
    if (this.#state.at !== "serving" || this.#sentAtMs.has(id)) return;
    this.#sentAtMs.set(id, this.#options.clock.nowMs());
    this.#state.call.write(LeaseKeepAliveRequest.encode({ ID: id }).finish());
  }

  /** Half of the lease's time is over. If its renewal was sent and not answered, the rest of the time is another endpoint's. */
  late({ id }: KeptLease): void {
    const sentAtMs = this.#sentAtMs.get(id);
    if (this.#state.at !== "serving" || sentAtMs === undefined || this.#options.transport.endpoints.length < 2) return;
    if (this.#options.clock.nowMs() - sentAtMs < LEAST_PATIENCE_MS) return;
    this.#state.call.cancel({ elsewhere: true });
    this.#fail(new RpcError({ code: "DEADLINE_EXCEEDED", details: `the renewal of lease ${String(id)} was not answered`, path: PATH }));
  }

  /** Resets the call at once. Idempotent. */
  close(): void {
    if (this.#state.at === "serving") this.#state.call.cancel();
    this.#state = { at: "closed" };
    this.#closing.abort();
  }

  get #isClosed(): boolean {
    return this.#state.at === "closed";
  }

  async #run(): Promise<void> {
    const { transport, clock } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      let failure: unknown;
      let call: DuplexCall | undefined;
      try {
        this.#state = { at: "opening" };
        call = await transport.duplex(PATH, { connection: "requests", metadata: METADATA, signal });
        await this.#serve(call, signal);
      } catch (error) {
        failure = error;
      }
      if (this.#isClosed) return; // there is no failure to report
      this.#state = { at: "backing-off" };
      this.#sentAtMs.clear();
      const delayMs = this.#afterFailure(toEtcdError(failure), call);
      if (delayMs === undefined) return;
      await sleep(delayMs, { signal, clock }).catch(() => undefined); // closed meanwhile: the condition sees it
    }
  }

  /** Leaves only by rejecting, as the stream is to last. The call is over then. */
  #serve(call: DuplexCall, signal: AbortSignal): Promise<never> {
    let unlink = (): void => undefined;
    return new Promise<never>((_, reject) => {
      this.#fail = reject;
      unlink = onAbort(signal, reject);
      if (signal.aborted) return; // closed in the moment in which it opened
      call.start({
        onMessage: (bytes) => {
          try {
            this.#receive(WireResponse.decode(bytes));
          } catch (error) {
            reject(error);
            call.cancel();
          }
        },
        onEnd: reject,
      });
      this.#state = { at: "serving", call };
      for (const lease of this.#leases.values()) if (lease.isDue) this.renew(lease);
    }).finally(() => {
      unlink();
      call.cancel();
    });
  }

  #receive(message: WireResponse): void {
    this.#backoff.reset();
    this.#refusedBy.clear();
    this.#tokenRefusals = 0;
    const sentAtMs = this.#sentAtMs.get(message.ID);
    this.#sentAtMs.delete(message.ID);
    const lease = this.#leases.get(message.ID);
    if (message.TTL <= 0n) lease?.expire();
    else if (sentAtMs !== undefined) lease?.renewed(new LeaseKeepAliveResponse(message), sentAtMs);
  }

  /** What to do about a failure: the delay before the next try in ms, or undefined once the stream is closed. */
  #afterFailure(error: EtcdError, call: DuplexCall | undefined): number | undefined {
    const { logger } = this.#options;
    const endpoint = call?.endpoint;
    if (!this.#mayRetry(error, call)) {
      logger.error("The keep-alive stream has ended for good", { error, code: error.code, endpoint });
      this.close();
      for (const lease of [...this.#leases.values()]) lease.fail(error);
      return undefined;
    }
    const delayMs = this.#backoff.nextMs();
    logger.debug("The keep-alive stream broke; it is opened again", {
      error,
      code: error.code,
      endpoint,
      delayMs,
      leases: this.#leases.size,
    });
    return delayMs;
  }

  #mayRetry(error: EtcdError, call: DuplexCall | undefined): boolean {
    if (!isRpcError(error)) return isProtocolError(error); // else the transport is closed
    if (call?.discardToken !== undefined && isTokenRefusal(error)) {
      call.discardToken();
      return ++this.#tokenRefusals < MAX_TOKEN_REFUSALS;
    }
    const verdict = streamVerdict(error);
    if (verdict !== "retry-elsewhere") return verdict !== "end";
    if (call !== undefined) this.#refusedBy.add(call.endpoint);
    return !this.#options.transport.endpoints.every((each) => this.#refusedBy.has(each));
  }
}

function toEtcdError(failure: unknown): EtcdError {
  return isEtcdError(failure)
    ? failure
    : new ProtocolError(`A renewal's answer could not be handled: ${String(failure)}`, { cause: failure });
}
