import PQueue from "p-queue";
import { RpcError } from "../errors/etcd-error.ts";
import type { DuplexCall, DuplexCallOptions, Transport, UnaryCallOptions } from "../transport/transport.ts";
import { abortReason, onAbort } from "../util/abort.ts";
import { systemClock, type Clock } from "../util/clock.ts";

/** Enough to keep a cluster busy, and few enough that the streams of one connection do not starve each other. */
const DEFAULT_MAX_IN_FLIGHT = 512;

/**
 * A transport with a bound on the unary calls in flight; further ones wait for their turn, first come, first served.
 * The line has no bound of its own: each call in it leaves it by its timeout at the latest.
 */
export class RequestWindow implements Transport {
  readonly #transport: Transport;
  readonly #queue: PQueue;
  readonly #clock: Clock;

  constructor(
    transport: Transport,
    { maxInFlight = DEFAULT_MAX_IN_FLIGHT, clock = systemClock }: { maxInFlight?: number; clock?: Clock } = {},
  ) {
    this.#transport = transport;
    this.#queue = new PQueue({ concurrency: maxInFlight });
    this.#clock = clock;
  }

  get endpoints(): readonly string[] {
    return this.#transport.endpoints;
  }

  /** Calls that were sent and are not yet answered. */
  get inFlight(): number {
    return this.#queue.pending;
  }

  /** Calls that wait for their turn. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** As the transport's own. The timeout counts from here, so the time in the line is part of it. */
  async unary(path: string, request: Uint8Array, options: UnaryCallOptions): Promise<Buffer> {
    if (options.signal?.aborted === true) throw abortReason(options.signal);
    if (this.#queue.pending < this.#queue.concurrency) return this.#queue.add(() => this.#transport.unary(path, request, options));
    return this.#unaryLater(path, request, options);
  }

  duplex(path: string, options: DuplexCallOptions): Promise<DuplexCall> {
    return this.#transport.duplex(path, options);
  }

  async #unaryLater(path: string, request: Uint8Array, options: UnaryCallOptions): Promise<Buffer> {
    const { signal, timeoutMs } = options;
    const deadlineMs = this.#clock.nowMs() + timeoutMs;
    // Ends the wait in the line. The call itself has the caller's signal, and the time that is left.
    const waiting = new AbortController();
    const timeOut = (): void => {
      const details = `not sent within ${timeoutMs} ms: ${this.#queue.pending} calls are in flight, and others were first`;
      waiting.abort(new RpcError({ code: "DEADLINE_EXCEEDED", details, path }));
    };
    const timer = this.#clock.setTimer(timeoutMs, timeOut);
    const unlink = onAbort(signal, (reason) => {
      waiting.abort(reason);
    });
    const stopWaiting = (): void => {
      timer.cancel();
      unlink();
    };
    try {
      return await this.#queue.add(
        () => {
          stopWaiting();
          const leftMs = deadlineMs - this.#clock.nowMs();
          if (leftMs <= 0) timeOut(); // the timer is late
          waiting.signal.throwIfAborted();
          return this.#transport.unary(path, request, { ...options, timeoutMs: leftMs });
        },
        { signal: waiting.signal },
      );
    } finally {
      stopWaiting();
    }
  }
}
