import type { Metadata } from "@grpc/grpc-js";
import { RefusedError } from "../refused-error.ts";
import type { FaultInjector } from "../faults/fault-injector.ts";
import type { ServerMetrics } from "../server-metrics.ts";

/** etcd gives gRPC this much above what it takes as a request. */
export const GRPC_OVERHEAD_BYTES = 512 * 1024;

export interface CallGateOptions {
  readonly metrics: ServerMetrics;
  readonly faults: FaultInjector;
  readonly maxRequestBytes: number;
}

/** What a call is told that was waiting when its server ended. Nobody hears it, as the connection is gone. */
const STOPPED = { code: "UNAVAILABLE", message: "etcdserver: server stopped" } as const;

/**
 * Where every call comes in: it is counted, held against the size limit, and broken if a fault says so. While the gate is shut no call
 * does anything, be it one that came before and had to wait.
 */
export class CallGate {
  readonly #options: CallGateOptions;
  #running = new AbortController();

  constructor(options: CallGateOptions) {
    this.#options = options;
  }

  async unary<A>(method: string, metadata: Metadata, sizeBytes: number, answer: () => A | Promise<A>): Promise<A> {
    this.#options.metrics.countRequest(method);
    this.checkReceived(sizeBytes);
    const failure = await this.#pass(method, metadata);
    const response = await answer();
    if (failure !== undefined) throw failure; // the work is done, and the client is not told
    return response;
  }

  async open(method: string, metadata: Metadata): Promise<void> {
    this.#options.metrics.countRequest(method);
    const failure = await this.#pass(method, metadata);
    if (failure !== undefined) throw failure;
  }

  /** Calls that wait fail now, and those that still come fail at once. */
  shut(): void {
    this.#running.abort(new RefusedError(STOPPED));
  }

  reopen(): void {
    this.#running = new AbortController();
  }

  /** @throws {RefusedError} in the words of grpc-go, if the message is larger than a server takes */
  checkReceived(sizeBytes: number): void {
    const mostBytes = this.#options.maxRequestBytes + GRPC_OVERHEAD_BYTES;
    if (sizeBytes <= mostBytes) return;
    throw new RefusedError({
      code: "RESOURCE_EXHAUSTED",
      message: `grpc: received message larger than max (${sizeBytes} vs. ${mostBytes})`,
    });
  }
  /** Returns the error to throw after the work is done. @throws {RefusedError} if the call fails, or if the gate is shut */
  async #pass(method: string, metadata: Metadata): Promise<RefusedError | undefined> {
    const { signal } = this.#running;
    signal.throwIfAborted();
    const failure = await this.#options.faults.before(method, metadata, signal);
    signal.throwIfAborted();
    return failure;
  }
}
