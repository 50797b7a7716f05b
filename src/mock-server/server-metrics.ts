/** What a test may want to assert. Counts since the server was made, but for `watchers`, `streams` and `connections`, which are now. */
export interface MetricsSnapshot {
  /** TCP connections that stand. */
  readonly connections: number;
  /** Watch streams that are open. */
  readonly streams: number;
  /** Watches that are registered. */
  readonly watchers: number;
  /** Requests by method, as "Range" or "Watch"; each message of a Watch stream counts under "Watch.create", "Watch.cancel", "Watch.progress". */
  readonly requests: Readonly<Record<string, number>>;
  /** TCP connections that were let in. */
  readonly connectionsAccepted: number;
  /** Bytes from clients, as they came over TCP. */
  readonly bytesReceived: number;
  /** Bytes to clients, as they went over TCP. */
  readonly bytesSent: number;
}

export class ServerMetrics {
  readonly #requests = new Map<string, number>();

  countRequest(name: string): void {
    this.#requests.set(name, (this.#requests.get(name) ?? 0) + 1);
  }

  get requests(): Record<string, number> {
    return Object.fromEntries(this.#requests);
  }
}
