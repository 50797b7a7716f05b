import { EtcdClient } from "../../src/client/etcd-client.ts";
import { Kv } from "../../src/client/kv.ts";
import { ClosedError } from "../../src/errors/etcd-error.ts";
import type { GrpcStatusName } from "../../src/errors/grpc-status.ts";
import type { Event as WireEvent } from "../../src/gen/kv.ts";
import { RangeRequest, RangeResponse, ResponseHeader } from "../../src/gen/rpc.ts";
import { type WatcherHost, watcherHost } from "../../src/watch/watcher-host.ts";
import type { Watcher } from "../../src/watch/watcher.ts";
import { FakeUnaryTransport, type RecordedCall } from "./fake-unary-transport.ts";
import type { InMemoryConnection, RecordedCreate } from "./in-memory-connection.ts";
import { put, remove } from "./watch-messages.ts";
import { settle, watcherHarness, type WatcherHarness } from "./watcher-harness.ts";

/** A key as the stage's store has it. */
interface Stored {
  readonly value: string;
  readonly createRevision: bigint;
  readonly modRevision: bigint;
  readonly version: bigint;
}

/** What becomes of the next reads instead of an answer. */
type ReadFault = { readonly code: GrpcStatusName; readonly details: string } | "no answer" | "closed";

/** A client without a socket. */
class StagedClient extends EtcdClient {
  override readonly kv: Kv;
  override readonly watcher: Watcher;
  override readonly [watcherHost]: WatcherHost;

  constructor({ watcher, host }: WatcherHarness, reads: FakeUnaryTransport) {
    super({ endpoints: "nowhere:1" });
    this.kv = new Kv(reads, { requestTimeoutMs: Infinity });
    this.watcher = watcher;
    this[watcherHost] = host;
  }
}

/**
 * A client, a store with its history, and a clock, all of them the test's: reads are answered from the store, and what is written goes to
 * the watches that `serve()` has created. For tests of what stands on lists and watches.
 */
export class Stage {
  readonly harness = watcherHarness();
  readonly client: EtcdClient;
  /** Every read that reached the server. */
  readonly reads: RangeRequest[] = [];
  /** Those are answered with a fault, first come first served. */
  readonly faults: ReadFault[] = [];
  /** Called with each read before it is answered. */
  onRead: () => void = () => undefined;
  clusterId = 1n;
  revision = 1n;
  #store = new Map<string, Stored>();
  readonly #history = new Map<bigint, ReadonlyMap<string, Stored>>([[1n, new Map()]]);
  readonly #log: { readonly modRevision: bigint; readonly events: WireEvent[] }[] = [];
  /** Reads that got no answer. */
  readonly #hanging: (() => void)[] = [];
  #compacted = 0n;

  constructor() {
    const transport = new FakeUnaryTransport();
    transport.onCall = (call) => {
      this.#answer(call);
    };
    this.client = new StagedClient(this.harness, transport);
  }

  get clock(): WatcherHarness["clock"] {
    return this.harness.clock;
  }

  get isConnected(): boolean {
    return this.harness.transport.connections.some(({ state }) => state === "open");
  }

  /** The stream that is open. */
  get connection(): InMemoryConnection {
    const open = this.harness.transport.connections.findLast(({ state }) => state === "open");
    if (open === undefined) throw new Error("no stream is open");
    return open;
  }

  /** The start revisions of all watches that were asked for, in order. */
  get watchedFrom(): bigint[] {
    return this.harness.transport.connections.flatMap(({ creates }) => creates.map(({ startRevision }) => startRevision));
  }

  /** Lets time pass, and all happen that it sets off. */
  async pass(byMs: number): Promise<void> {
    await settle();
    this.clock.advance(byMs);
    await settle();
  }

  /** Creates what the client has asked to watch, and sends the history that it asked for. */
  async serve(): Promise<void> {
    await this.pass(0); // so that what is tried again at once is there
    do {
      const [create] = this.connection.unanswered;
      if (create !== undefined) this.#create(create);
      await settle(); // creates come one at a time at first
    } while (this.isConnected && this.connection.unanswered.length > 0);
  }

  /** Writes, at one revision, and tells the watches that are there. */
  async write(changes: Readonly<Record<string, string | undefined>>): Promise<bigint> {
    const modRevision = ++this.revision;
    const store = new Map(this.#store);
    const events = Object.entries(changes).map(([key, value]) => {
      const before = store.get(key);
      if (value === undefined) store.delete(key);
      else {
        const createRevision = before?.createRevision ?? modRevision;
        store.set(key, { value, createRevision, modRevision, version: (before?.version ?? 0n) + 1n });
      }
      return value === undefined
        ? remove(key, modRevision)
        : put(key, modRevision, { value, createRevision: before?.createRevision ?? modRevision });
    });
    this.#store = store;
    this.#history.set(modRevision, store);
    this.#log.push({ modRevision, events });
    for (const connection of this.harness.transport.connections) {
      if (connection.state !== "open") continue;
      for (const watchId of connection.live.keys()) connection.send({ watchId, events });
    }
    await settle();
    return modRevision;
  }

  /** Somebody writes elsewhere. */
  advanceTo(revision: bigint): void {
    this.revision = revision;
    this.#history.set(revision, this.#store);
  }

  /** A progress notice for all that is watched. */
  async notify(): Promise<void> {
    for (const watchId of this.connection.live.keys()) this.connection.send({ watchId, revision: this.revision });
    await settle();
  }

  /** Answers the reads that got no answer. */
  answerHanging(): void {
    for (const answer of this.#hanging.splice(0)) answer();
  }

  /** Somebody writes elsewhere, and what was before is thrown away: a watch that has missed anything needs what is gone. */
  compact(): void {
    this.advanceTo(this.revision + 1n);
    this.#compacted = this.revision;
  }

  /** Another cluster stands here from now on: what it has begins anew. */
  replaceCluster(clusterId: bigint): void {
    this.clusterId = clusterId;
    this.revision = 1n;
    this.#store = new Map();
    this.#history.clear();
    this.#history.set(1n, this.#store);
    this.#log.length = 0;
  }

  #create(create: RecordedCreate): void {
    const { watchId, startRevision } = create;
    this.connection.send({ watchId, created: true, revision: this.revision, clusterId: this.clusterId });
    if (startRevision > 0n && startRevision < this.#compacted)
      this.connection.send({ watchId, canceled: true, compactRevision: this.#compacted, revision: this.revision });
    else this.#catchUp(create);
  }

  #catchUp({ watchId, startRevision }: RecordedCreate): void {
    const missed = this.#log.filter(({ modRevision }) => modRevision >= startRevision);
    for (const { events } of missed) this.connection.send({ watchId, events, revision: this.revision });
  }

  #answer(call: RecordedCall): void {
    const request = RangeRequest.decode(call.request);
    this.reads.push(request);
    this.onRead();
    const fault = this.faults.shift();
    if (fault === undefined) this.#answerNow(call, request);
    else if (fault === "no answer")
      this.#hanging.push(() => {
        this.#answerNow(call, request);
      });
    else if (fault === "closed") call.reject(new ClosedError("The client"));
    else call.fail(fault.code, fault.details);
  }

  #answerNow(call: RecordedCall, request: RangeRequest): void {
    const revision = request.revision === 0n ? this.revision : request.revision;
    if (revision > this.revision) call.fail("OUT_OF_RANGE", "etcdserver: mvcc: required revision is a future revision");
    else if (revision < this.#compacted) call.fail("OUT_OF_RANGE", "etcdserver: mvcc: required revision has been compacted");
    else call.answer(this.#page(request, this.#history.get(revision) ?? new Map<string, Stored>()));
  }

  #page({ key, rangeEnd, limit }: RangeRequest, store: ReadonlyMap<string, Stored>): Uint8Array {
    const [from, to] = [Buffer.from(key).toString(), Buffer.from(rangeEnd).toString()];
    const found = [...store].filter(([name]) => (to === "" ? name === from : name >= from && (to === "\0" || name < to)));
    const kvs = found
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .slice(0, limit === 0n ? Infinity : Number(limit))
      .map(([name, { value, ...fields }]) => ({ ...fields, key: Buffer.from(name), value: Buffer.from(value), lease: 0n }));
    const header = ResponseHeader.fromPartial({ clusterId: this.clusterId, memberId: 2n, revision: this.revision });
    return RangeResponse.encode({ header, kvs, more: kvs.length < found.length, count: BigInt(found.length) }).finish();
  }
}
