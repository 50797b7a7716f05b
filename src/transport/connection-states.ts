import { onAbort } from "../util/abort.ts";
import { deferred, type Deferred } from "../util/deferred.ts";
import { Deque } from "../util/deque.ts";
import { diagnosticsChannel } from "../util/diagnostics-channel.ts";

/** What happened to the connection with one endpoint. */
export type StateChange =
  | { readonly state: "connecting"; readonly endpoint: string }
  | { readonly state: "connected"; readonly endpoint: string }
  | {
      readonly state: "disconnected";
      readonly endpoint: string;
      /** Why. Undefined before the first connection was tried. */
      readonly error: Error | undefined;
      /** Tries that have failed since the last connection. */
      readonly attempt: number;
      /** When the next endpoint is tried, if anything needs a connection. */
      readonly retryInMs: number;
    }
  | { readonly state: "closed"; readonly endpoint: string };

/** A message of the channel `etcd-watch:connection`: what `client.stateChanges()` yields, and of which client it is. */
export type ConnectionDiagnostics = StateChange & {
  /** `client.metrics().clientId`. */
  readonly clientId: number;
};

const connectionChannel = diagnosticsChannel<ConnectionDiagnostics>("etcd-watch:connection");

/** A reader that does not read loses the oldest changes past this many: it wants to know how things are, not every flap. */
const MAX_UNREAD_CHANGES = 1_024;

/** The connections of one client to one endpoint, by what uses them (watches, requests). */
interface EndpointRecord {
  /** Connected since the endpoint was last reported disconnected. */
  readonly live: Set<string>;
  connectingBy: string | undefined;
}

/**
 * Makes one sequence a client and endpoint of what several connections report, so that one cut is one "disconnected":
 *
 *   connecting ──► connected ──► disconnected ──► connecting ...      any ──► closed
 */
export class ConnectionStates {
  readonly #records = new Map<string, EndpointRecord>();
  /** Who reads, with what ends the reading and takes its listener away. */
  readonly #readers = new Map<ChangeReader, () => void>();
  readonly #clientId: number;
  #latest: StateChange;

  /** @param clientId under which client a diagnostics channel is told of the changes */
  constructor(firstEndpoint: string, clientId = 0) {
    this.#clientId = clientId;
    this.#latest = { state: "disconnected", endpoint: firstEndpoint, error: undefined, attempt: 0, retryInMs: 0 };
  }

  get latest(): StateChange {
    return this.#latest;
  }

  connecting(user: string, endpoint: string): void {
    const record = this.#record(endpoint);
    if (record.live.size > 0 || record.connectingBy !== undefined) return;
    record.connectingBy = user;
    this.#emit({ state: "connecting", endpoint });
  }

  connected(user: string, endpoint: string): void {
    const record = this.#record(endpoint);
    record.connectingBy = undefined;
    record.live.add(user);
    if (record.live.size === 1) this.#emit({ state: "connected", endpoint });
  }

  /** A connection that was up is gone. The others of the same endpoint are taken to have gone with it until they connect anew. */
  lost(user: string, endpoint: string): void {
    const record = this.#record(endpoint);
    if (!record.live.has(user)) return;
    record.live.clear();
    this.#emit({ state: "disconnected", endpoint, error: new Error(`the connection to ${endpoint} was lost`), attempt: 0, retryInMs: 0 });
  }

  failed(user: string, endpoint: string, failure: { error: Error; attempt: number; retryInMs: number }): void {
    const record = this.#record(endpoint);
    if (record.connectingBy !== user) return;
    record.connectingBy = undefined;
    this.#emit({ state: "disconnected", endpoint, ...failure });
  }

  /** Nobody waits for the connection any more. */
  abandoned(user: string, endpoint: string): void {
    const record = this.#record(endpoint);
    if (record.connectingBy === user) record.connectingBy = undefined;
  }

  close(): void {
    if (this.#latest.state === "closed") return;
    this.#emit({ state: "closed", endpoint: this.#latest.endpoint });
    for (const leave of [...this.#readers.values()]) leave();
  }

  /** Every change from now on. Ends after "closed", or when `signal` is aborted. */
  changes({ signal }: { signal?: AbortSignal | undefined } = {}): AsyncIterableIterator<StateChange> {
    const reader = new ChangeReader();
    let unlink = (): void => undefined;
    const leave = (): void => {
      unlink();
      this.#readers.delete(reader);
      reader.end();
    };
    if (this.#latest.state === "closed") leave();
    else {
      this.#readers.set(reader, leave);
      unlink = onAbort(signal, leave);
    }
    return {
      next: () => reader.next(),
      return: () => {
        leave();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #record(endpoint: string): EndpointRecord {
    const known = this.#records.get(endpoint);
    if (known !== undefined) return known;
    const record: EndpointRecord = { live: new Set(), connectingBy: undefined };
    this.#records.set(endpoint, record);
    return record;
  }

  #emit(change: StateChange): void {
    this.#latest = change;
    for (const reader of this.#readers.keys()) reader.push(change);
    if (connectionChannel.hasSubscribers) connectionChannel.publish({ ...change, clientId: this.#clientId });
  }
}

class ChangeReader {
  readonly #unread = new Deque<StateChange>();
  #waiting: Deferred<IteratorResult<StateChange>>[] = [];
  #ended = false;

  push(change: StateChange): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting.resolve({ done: false, value: change });
    else {
      if (this.#unread.size === MAX_UNREAD_CHANGES) this.#unread.shift();
      this.#unread.push(change);
    }
  }

  next(): Promise<IteratorResult<StateChange>> {
    const change = this.#unread.shift();
    if (change !== undefined) return Promise.resolve({ done: false, value: change });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    const waiting = deferred<IteratorResult<StateChange>>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  end(): void {
    this.#ended = true;
    for (const waiting of this.#waiting) waiting.resolve({ done: true, value: undefined });
    this.#waiting = [];
  }
}
