import { type EtcdError, isEtcdError, isProtocolError, isRpcError, ProtocolError } from "../errors/etcd-error.ts";
import { isTokenRefusal } from "../transport/auth-token.ts";
import { NO_ANSWER } from "./answer-limit.ts";
import { Backoff, type BackoffOptions } from "../util/backoff.ts";
import { streamVerdict } from "./stream-verdict.ts";

/** Connections in a row that may break over a message which is no message. */
const MAX_PROTOCOL_ERRORS = 3;

/** Tokens in a row, each fetched just now, that may be refused as unknown: a member that lags behind knows none of the newest. */
const MAX_UNKNOWN_TOKENS = 3;

/** How a connection did that is gone, or that never was. */
export interface ConnectionHealth {
  /** A create was answered, and it lived for a while or moved a watch on: what broke it now is a new story. */
  readonly healthy: boolean;
  readonly answered: boolean;
  readonly endpoint: string | undefined;
  /** It had a token that can be had anew. */
  readonly hasToken: boolean;
  /** And that was fetched just now, seen from when it broke. */
  readonly hasFreshToken: boolean;
}

export const NEVER_OPENED: ConnectionHealth = {
  healthy: false,
  answered: false,
  endpoint: undefined,
  hasToken: false,
  hasFreshToken: false,
};

/** What threw while a message was handled was that message's fault. */
export function asEtcdError(failure: unknown): EtcdError {
  return isEtcdError(failure) ? failure : new ProtocolError(`A message could not be handled: ${String(failure)}`, { cause: failure });
}

/** What a stream remembers of its failures, to decide whether and when it is opened again. */
export class StreamRetry {
  readonly #backoff: Backoff;
  /** Endpoints that refused the stream with FAILED_PRECONDITION since a create was answered. */
  readonly #refusedBy = new Set<string>();
  #protocolErrors = 0;
  #unknownTokens = 0;
  #silences = 0;

  constructor(backoff: BackoffOptions) {
    this.#backoff = new Backoff(backoff);
  }

  /** Connections in a row that left a create unanswered. */
  get silences(): number {
    return this.#silences;
  }

  /** How long to wait before the next try, in ms. */
  nextDelayMs(): number {
    return this.#backoff.nextMs();
  }

  verdict(
    error: EtcdError,
    { healthy, answered, endpoint, hasToken, hasFreshToken }: ConnectionHealth,
    endpoints: readonly string[],
  ): "retry" | "end" | "too-large" {
    if (healthy) {
      this.#backoff.reset();
      this.#protocolErrors = 0;
    }
    if (answered) {
      this.#refusedBy.clear();
      this.#unknownTokens = 0;
      this.#silences = 0;
    }
    if (error === NO_ANSWER) this.#silences++;
    if (!isRpcError(error)) return isProtocolError(error) && ++this.#protocolErrors < MAX_PROTOCOL_ERRORS ? "retry" : "end";
    if (hasToken && isTokenRefusal(error)) {
      // A token that is too old, or none, is a matter of time; one that is unknown though it was fetched just now may be for good.
      return error.code === "UNAUTHENTICATED" && hasFreshToken && ++this.#unknownTokens >= MAX_UNKNOWN_TOKENS ? "end" : "retry";
    }
    const verdict = streamVerdict(error);
    if (verdict !== "retry-elsewhere") return verdict;
    if (endpoint !== undefined) this.#refusedBy.add(endpoint);
    return endpoints.every((each) => this.#refusedBy.has(each)) ? "end" : "retry";
  }
}
