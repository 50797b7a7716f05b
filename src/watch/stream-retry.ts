import { type EtcdError, isProtocolError, isRpcError } from "../errors/etcd-error.ts";
import { Backoff, type BackoffOptions } from "../util/backoff.ts";
import { streamVerdict } from "./stream-verdict.ts";

/** Connections in a row that may break over a message which is no message. */
const MAX_PROTOCOL_ERRORS = 3;

/** How a connection did that is gone, or that never was. */
export interface ConnectionHealth {
  /** A create was answered, and it lived for a while or moved a watch on: what broke it now is a new story. */
  readonly healthy: boolean;
  readonly answered: boolean;
  readonly endpoint: string | undefined;
}

/** What a stream remembers of its failures, to decide whether and when it is opened again. */
export class StreamRetry {
  readonly #backoff: Backoff;
  /** Endpoints that refused the stream with FAILED_PRECONDITION since a create was answered. */
  readonly #refusedBy = new Set<string>();
  #protocolErrors = 0;

  constructor(backoff: BackoffOptions) {
    this.#backoff = new Backoff(backoff);
  }

  /** How long to wait before the next try, in ms. */
  nextDelayMs(): number {
    return this.#backoff.nextMs();
  }

  verdict(
    error: EtcdError,
    { healthy, answered, endpoint }: ConnectionHealth,
    endpoints: readonly string[],
  ): "retry" | "end" | "too-large" {
    if (healthy) {
      this.#backoff.reset();
      this.#protocolErrors = 0;
    }
    if (answered) this.#refusedBy.clear();
    if (!isRpcError(error)) return isProtocolError(error) && ++this.#protocolErrors < MAX_PROTOCOL_ERRORS ? "retry" : "end";
    const verdict = streamVerdict(error);
    if (verdict !== "retry-elsewhere") return verdict;
    if (endpoint !== undefined) this.#refusedBy.add(endpoint);
    return endpoints.every((each) => this.#refusedBy.has(each)) ? "end" : "retry";
  }
}
