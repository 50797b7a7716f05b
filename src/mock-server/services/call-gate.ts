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

/** Where every call comes in: it is counted, held against the size limit, and broken if a fault says so. */
export class CallGate {
  readonly #options: CallGateOptions;

  constructor(options: CallGateOptions) {
    this.#options = options;
  }

  async unary<A>(method: string, metadata: Metadata, sizeBytes: number, answer: () => A | Promise<A>): Promise<A> {
    const { metrics, faults } = this.#options;
    metrics.countRequest(method);
    this.checkReceived(sizeBytes);
    const failure = await faults.before(method, metadata);
    const response = await answer();
    if (failure !== undefined) throw failure; // the work is done, and the client is not told
    return response;
  }

  async open(method: string, metadata: Metadata): Promise<void> {
    this.#options.metrics.countRequest(method);
    const failure = await this.#options.faults.before(method, metadata);
    if (failure !== undefined) throw failure;
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
}
