import { WatchCreateRequest_FilterType, WatchRequest, WatchResponse, type WatchCreateRequest } from "../../src/gen/rpc.ts";
import type { DuplexCall, DuplexCallOptions, DuplexHandlers, Transport, UnaryCallOptions } from "../../src/transport/transport.ts";
import type { WatchAsked, WireCreate, WireRecord, WireServerWatch } from "../support/guarantees/watch-record.ts";
import { ServerWatch, WireMemory } from "./server-watch.ts";

type Fingerprinted = Pick<WatchAsked, "range" | "filters" | "prevKv" | "progressNotify">;

/** What tells a watch from the others on the wire, where it has no name. */
function fingerprint({ range, filters, prevKv, progressNotify }: Fingerprinted): string {
  return [range.key.toString("hex"), range.rangeEnd.toString("hex"), [...filters].sort().join("+"), prevKv, progressNotify].join("/");
}

/** What the wire shows of one watch of a user. */
export class WireWatch implements WireRecord {
  readonly creates: WireCreate[] = [];
  readonly messages: string[] = [];
  readonly #memory: WireMemory;
  readonly #serverWatches: ServerWatch[] = [];
  live = 0;
  mostLive = 0;
  received = 0n;
  /** The last revision that the reader was given. */
  delivered = 0n;

  constructor(memory = new WireMemory()) {
    this.#memory = memory;
  }

  get serverWatches(): readonly WireServerWatch[] | undefined {
    return this.#memory.isFull ? undefined : this.#serverWatches;
  }

  onCreate(startRevision: bigint): void {
    this.creates.push({ startRevision, deliveredBefore: this.delivered, receivedBefore: this.received });
  }

  onCreated(options: Omit<ConstructorParameters<typeof ServerWatch>[0], "memory">): ServerWatch {
    const serverWatch = new ServerWatch({ ...options, memory: this.#memory });
    this.#serverWatches.push(serverWatch);
    return serverWatch;
  }
}

/** Sits between a watcher and its transport, and keeps book of the server watches that each watch of the user has had. */
export class WireTap implements Transport {
  /** Watch calls that were opened and are not over. */
  openCalls = 0;
  /** Messages written to a call that was over. */
  lateWrites = 0;
  /** Creates of no watch that is known here. */
  unknownCreates = 0;
  readonly #transport: Transport;
  readonly #watches = new Map<string, WireWatch>();
  readonly #memory = new WireMemory();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get endpoints(): readonly string[] {
    return this.#transport.endpoints;
  }

  isFree(asked: Fingerprinted): boolean {
    return !this.#watches.has(fingerprint(asked));
  }

  add(asked: Fingerprinted): WireWatch {
    const watch = new WireWatch(this.#memory);
    this.#watches.set(fingerprint(asked), watch);
    return watch;
  }

  /** Its user has no such watch any more: no create of it may follow. */
  remove(asked: Fingerprinted): void {
    this.#watches.delete(fingerprint(asked));
  }

  get(print: string): WireWatch | undefined {
    return this.#watches.get(print);
  }

  unary(path: string, request: Uint8Array, options: UnaryCallOptions): Promise<Buffer> {
    return this.#transport.unary(path, request, options);
  }

  async duplex(path: string, options: DuplexCallOptions): Promise<DuplexCall> {
    const call = await this.#transport.duplex(path, options);
    return path.endsWith("/Watch") ? new TappedCall(call, this) : call;
  }
}

interface Live {
  readonly watch: WireWatch;
  readonly serverWatch: ServerWatch;
}

/** One call. Creates are answered in their order. */
class TappedCall implements DuplexCall {
  readonly #call: DuplexCall;
  readonly #tap: WireTap;
  readonly #unanswered: { readonly watch: WireWatch; readonly startRevision: bigint }[] = [];
  readonly #live = new Map<bigint, Live>();
  /** When the last message came. */
  readonly #heard = { atMs: 0 };
  #isOver = false;

  constructor(call: DuplexCall, tap: WireTap) {
    this.#call = call;
    this.#tap = tap;
    tap.openCalls++;
  }

  get endpoint(): string {
    return this.#call.endpoint;
  }

  get hasFreshToken(): boolean | undefined {
    return this.#call.hasFreshToken;
  }

  get discardToken(): (() => void) | undefined {
    return this.#call.discardToken;
  }

  start(handlers: DuplexHandlers): void {
    this.#call.start({
      onMessage: (message) => {
        this.#heard.atMs = performance.now();
        const watch = this.#note(WatchResponse.decode(message));
        handlers.onMessage(message);
        // Only now: of a watch that was abandoned in flight, the answer is what the cancel waits for.
        if (watch !== undefined && watch.live > watch.mostLive) watch.mostLive = watch.live;
      },
      onEnd: (status) => {
        this.#end();
        handlers.onEnd(status);
      },
    });
  }

  write(message: Uint8Array): void {
    if (this.#isOver) this.#tap.lateWrites++;
    const { requestUnion: request } = WatchRequest.decode(message);
    if (request?.$case === "cancelRequest") this.#drop(request.value.watchId);
    if (request?.$case === "createRequest") this.#noteCreate(request.value);
    this.#call.write(message);
  }

  cancel(options?: { readonly elsewhere?: boolean }): void {
    this.#end();
    this.#call.cancel(options);
  }

  #noteCreate({ key, rangeEnd, filters, prevKv, progressNotify, startRevision }: WatchCreateRequest): void {
    const range = { key: Buffer.from(key), rangeEnd: Buffer.from(rangeEnd) };
    const names = filters.map((filter) => (filter === WatchCreateRequest_FilterType.NOPUT ? "noput" : "nodelete"));
    const watch = this.#tap.get(fingerprint({ range, filters: names, prevKv, progressNotify }));
    if (watch === undefined) this.#tap.unknownCreates++;
    else watch.onCreate(startRevision);
    this.#unanswered.push({ watch: watch ?? new WireWatch(), startRevision });
  }

  #note({ watchId, created, canceled, events, header, fragment, compactRevision }: WatchResponse): WireWatch | undefined {
    if (created) {
      const create = this.#unanswered.shift();
      if (create === undefined || canceled || watchId === -1n) return undefined;
      const { watch, startRevision } = create;
      const serverWatch = watch.onCreated({ startRevision, createdRevision: header?.revision ?? 0n, heard: this.#heard });
      this.#live.set(watchId, { watch, serverWatch });
      watch.live++;
      watch.messages.push(`created ${String(watchId)} (${String(header?.revision)})`);
      return watch;
    }
    if (canceled || compactRevision !== 0n) {
      this.#drop(watchId);
      return undefined;
    }
    const revision = events.at(-1)?.kv?.modRevision ?? header?.revision ?? 0n;
    if (fragment && events.length === 0) return undefined;
    const lives = watchId === -1n ? [...this.#live.values()] : [this.#live.get(watchId)];
    for (const live of lives) {
      if (live === undefined) continue;
      const { watch, serverWatch } = live;
      serverWatch.onEvents(events);
      if (events.length === 0 && watchId !== -1n) serverWatch.onNotice(revision);
      if (revision > watch.received) watch.received = revision;
      watch.messages.push(
        `${events.length === 0 ? "" : `${String(events[0]?.kv?.modRevision)}..`}${String(revision)}${fragment ? "+" : ""}`,
      );
    }
    return undefined;
  }

  #drop(watchId: bigint): void {
    const live = this.#live.get(watchId);
    if (live === undefined) return;
    this.#live.delete(watchId);
    live.serverWatch.end();
    live.watch.live--;
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tap.openCalls--;
    for (const watchId of [...this.#live.keys()]) this.#drop(watchId);
  }
}
