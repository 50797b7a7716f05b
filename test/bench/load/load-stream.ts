import { WatchRequest, WatchResponse, type WatchCreateRequest } from "../../../src/gen/rpc.ts";
import { Fire } from "./fire.ts";
import { GRPC_PREFIX_BYTES, grpcMessage } from "./http2-frames.ts";
import { parseLoadKey } from "./load-key.ts";
import { CLUSTER_ID, FIRST_REVISION, MEMBER_ID, ResponseTemplate, stamp } from "./response-template.ts";

/** The value of a single event: as long as in the other loads. */
const VALUE_BYTES = 100;

/** What all streams of the server know: the revision of the last put. A store does not go back when a connection breaks. */
export interface PutRevision {
  latest: number;
}

/** One Watch stream of a client: answers what it asks for, and holds what is to be sent. */
export class LoadStream {
  readonly id: number;
  /** What may still be sent on it, in bytes. */
  window: number;
  /** Messages to be sent before anything else. */
  readonly messages: Buffer[] = [];
  /** What did not fit into the window of the message that was sent last. */
  rest: Buffer | undefined;
  readonly fires: Fire[] = [];
  readonly #idle = new Set<bigint>();
  readonly #tickers = new Map<bigint, NodeJS.Timeout>();
  readonly #onAnswered: () => void;
  readonly #wake: () => void;
  readonly #puts: PutRevision;
  #received: Buffer = Buffer.alloc(0);
  #nextWatchId = 0n;

  constructor(options: { id: number; window: number; onAnswered: () => void; wake: () => void; puts: PutRevision }) {
    this.id = options.id;
    this.window = options.window;
    this.#onAnswered = options.onAnswered;
    this.#wake = options.wake;
    this.#puts = options.puts;
  }

  receive(data: Buffer): void {
    let bytes = this.#received.length === 0 ? data : Buffer.concat([this.#received, data]);
    while (bytes.length >= GRPC_PREFIX_BYTES) {
      const end = GRPC_PREFIX_BYTES + bytes.readUInt32BE(1);
      if (bytes.length < end) break;
      this.#obey(WatchRequest.decode(bytes.subarray(GRPC_PREFIX_BYTES, end)));
      bytes = bytes.subarray(end);
    }
    this.#received = Buffer.from(bytes);
  }

  /** One event for each idle watch. The messages lie ready before the clock is looked at. */
  put(): number {
    const revision = ++this.#puts.latest;
    const messages = [...this.#idle].map((watchId) => {
      const template = new ResponseTemplate({ watchId, events: 1, valueBytes: VALUE_BYTES });
      template.number(template.bytes, 0, revision);
      return template.bytes;
    });
    for (const message of messages) stamp(message);
    for (const message of messages) this.messages.push(message);
    this.#wake();
    return messages.length;
  }

  close(): void {
    for (const ticker of this.#tickers.values()) clearInterval(ticker);
  }

  #obey({ requestUnion: request }: WatchRequest): void {
    if (request?.$case === "createRequest") this.#create(request.value);
    else if (request?.$case === "cancelRequest") this.#cancel(request.value.watchId);
    else this.#answer({ watchId: -1n, revision: this.#puts.latest });
    this.#wake();
  }

  #create({ key, watchId: wanted, startRevision }: WatchCreateRequest): void {
    const watchId = wanted === 0n ? this.#nextWatchId++ : wanted;
    const load = parseLoadKey(Buffer.from(key).toString());
    // Each fire is a history of its own, which begins at the same revision.
    const from = Math.max(FIRST_REVISION, Number(startRevision));
    this.#answer({ watchId, created: true, revision: load.kind === "fire" ? from - 1 : this.#puts.latest });
    this.#onAnswered();
    if (load.kind === "idle") this.#idle.add(watchId);
    else if (load.kind === "tick") this.#tick(watchId, load);
    else this.fires.push(new Fire({ watchId, streamId: this.id, load, startRevision: from }));
  }

  #tick(watchId: bigint, { everyMs, count }: { everyMs: number; count: number }): void {
    const template = new ResponseTemplate({ watchId, events: 1, valueBytes: VALUE_BYTES });
    let sent = 0;
    const ticker = setInterval(() => {
      this.messages.push(template.stamped(++this.#puts.latest));
      this.#wake();
      if (++sent === count) clearInterval(ticker);
    }, everyMs);
    this.#tickers.set(watchId, ticker);
  }

  #cancel(watchId: bigint): void {
    const index = this.fires.findIndex((fire) => fire.watchId === watchId);
    if (index !== -1) this.fires.splice(index, 1);
    this.#idle.delete(watchId);
    clearInterval(this.#tickers.get(watchId));
    this.#answer({ watchId, canceled: true, revision: this.#puts.latest });
  }

  #answer({ revision, ...fields }: { watchId: bigint; created?: boolean; canceled?: boolean; revision: number }): void {
    const header = { clusterId: CLUSTER_ID, memberId: MEMBER_ID, revision: BigInt(revision), raftTerm: 3n };
    this.messages.push(grpcMessage(WatchResponse.encode({ ...WatchResponse.create(), header, ...fields }).finish()));
  }
}
