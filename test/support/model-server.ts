import type { Event as WireEvent } from "../../src/gen/kv.ts";
import { contains } from "../../src/model/key-range.ts";
import type { InMemoryConnection } from "./in-memory-connection.ts";
import type { InMemoryTransport } from "./in-memory-transport.ts";
import { put } from "./watch-messages.ts";

/** A store and its watches, as far as a Watch client can tell, over an `InMemoryTransport`. It does nothing by itself: a test says what, and when. */
export class ModelServer {
  readonly #transport: InMemoryTransport;
  /** Every event there ever was, in order. */
  readonly history: WireEvent[] = [];
  revision = 1n;
  /** Whether a watch gets the id that it asks for, as on etcd. */
  echoesIds = false;
  /** From where each watch has to be sent, by its connection and id. */
  readonly #positions = new WeakMap<InMemoryConnection, Map<bigint, bigint>>();

  constructor(transport: InMemoryTransport) {
    this.#transport = transport;
  }

  get open(): InMemoryConnection[] {
    return this.#transport.connections.filter(({ state }) => state === "open");
  }

  /** One transaction that writes all these keys. */
  write(keys: readonly string[]): void {
    this.revision++;
    for (const key of keys) this.history.push(put(key, this.revision));
    this.#transport.rangeRevision = { value: this.revision };
  }

  /** Answers the create that is in flight on each connection. False if there was none. */
  answerCreates(): boolean {
    let answered = false;
    for (const connection of this.open) {
      const [create] = connection.unanswered;
      if (create === undefined) continue;
      answered = true;
      const watchId = this.echoesIds && create.watchId !== 0n ? create.watchId : connection.nextWatchId;
      this.#of(connection).set(watchId, create.startRevision === 0n ? this.revision + 1n : create.startRevision);
      connection.send({ created: true, watchId, revision: this.revision });
    }
    return answered;
  }

  /** Sends each watch what it lacks, in so many fragments if it asked for them; of the last watch only `upTo` of them. */
  serve({ pieces = 1, upTo = pieces }: { pieces?: number; upTo?: number } = {}): void {
    for (const connection of this.open) {
      for (const [watchId, { key, rangeEnd, fragment }] of [...connection.live]) {
        const from = this.#of(connection).get(watchId) ?? 0n;
        const events = this.history.filter(({ kv }) => kv !== undefined && kv.modRevision >= from && contains({ key, rangeEnd }, kv.key));
        this.#of(connection).set(watchId, this.revision + 1n);
        if (events.length === 0) continue;
        const count = fragment ? Math.min(pieces, events.length) : 1;
        const size = Math.ceil(events.length / count);
        for (let index = 0; index * size < events.length && (index < upTo || !fragment); index++) {
          const isLast = (index + 1) * size >= events.length;
          connection.send({ watchId, revision: this.revision, events: events.slice(index * size, (index + 1) * size), fragment: !isLast });
        }
        if (fragment && upTo < count) connection.end();
        if (connection.state !== "open") break;
      }
    }
  }

  /** Notices, periodic or as a broadcast, which etcd sends only while nothing is behind. */
  notify(kind: "periodic" | "broadcast"): void {
    for (const connection of this.open) {
      const positions = this.#of(connection);
      const ids = [...connection.live.keys()];
      if (ids.length === 0 || ids.some((id) => (positions.get(id) ?? 0n) <= this.revision && this.#isOwed(connection, id))) continue;
      for (const watchId of kind === "broadcast" ? [-1n] : ids) connection.send({ watchId, revision: this.revision });
    }
  }

  #isOwed(connection: InMemoryConnection, watchId: bigint): boolean {
    const create = connection.live.get(watchId);
    const from = this.#of(connection).get(watchId) ?? 0n;
    return create !== undefined && this.history.some(({ kv }) => kv !== undefined && kv.modRevision >= from && contains(create, kv.key));
  }

  #of(connection: InMemoryConnection): Map<bigint, bigint> {
    const positions = this.#positions.get(connection) ?? new Map<bigint, bigint>();
    this.#positions.set(connection, positions);
    return positions;
  }
}
