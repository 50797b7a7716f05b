import { WatchCreateRequest } from "../../src/gen/rpc.ts";
import type { WatchResponse } from "../../src/gen/rpc.ts";
import type { RequestOf, ResponseOf } from "../../src/mock-server/services/service-definition.ts";
import { mapNumbers, messageText } from "./message-text.ts";
import type { calls, CallName, StreamNumber } from "./operation.ts";
import { RawEtcd } from "./raw-etcd.ts";
import type { Answer } from "./raw-etcd.ts";
import { symbolOf } from "./symbolic-number.ts";
import { SilentServerError, WatchTape } from "./watch-tape.ts";

/** The key that is written to see whether a stream has delivered all there was before. Ordinary requests may touch it too. */
export const MARKER_KEY = Buffer.from("m");
/** The watch of the marker, one on each stream. */
const SENTINEL_ID = 1_000_000n;
/** Watches that only wait for the server to have done its work. Above every other id, and never compared. */
const FIRST_PROBE_ID = 2_000_000n;
/** Revisions that etcd sends to a watch that is behind in one response. */
const REVISIONS_PER_ROUND = 1000n;
/** Above every revision that an operation names outright: such a one is compacted on both servers. */
const LEAST_BASE = 10n;
/** Much longer than the 100 ms from one pass over the watches that are behind to the next. */
const LONGEST_PASS_MS = 1_000;
/** A number that no server has given to a lease. */
const NO_LEASE = 77_777n;

const REVISION_FIELDS: ReadonlySet<string> = new Set([
  ...["revision", "startRevision", "createRevision", "modRevision", "compactRevision"],
  ...["minModRevision", "maxModRevision", "minCreateRevision", "maxCreateRevision"],
]);
const LEASE_FIELDS: ReadonlySet<string> = new Set(["lease", "ID"]);
const IDENTITY_FIELDS: ReadonlySet<string> = new Set(["clusterId", "memberId", "raftTerm"]);

export const isProbe = ({ watchId }: WatchResponse): boolean => watchId >= FIRST_PROBE_ID;

/** One of the two servers that are compared, and what is needed to say the same thing to both: where its numbers start. */
export class EtcdSide {
  readonly name: string;
  readonly #etcd: RawEtcd;
  readonly #streams = new Map<StreamNumber, WatchTape>();
  readonly #autoLeases: bigint[] = [];
  #base = 0n;
  #now = 0n;
  #compacted = -1n;
  #markerRevision = 0n;
  #markers = 0;
  #probes = 0n;

  constructor(name: string, endpoint: string) {
    this.name = name;
    this.#etcd = new RawEtcd(endpoint);
  }

  /** The store's revision, counted from where it stood when the run began. */
  get grown(): bigint {
    return this.#now - this.#base;
  }

  /** The store is empty but for the marker, and everything before is compacted. */
  async startOnUsedStore(): Promise<void> {
    await this.#mustCall("leaseLeases", {}).then(async ({ leases }) => {
      for (const { ID } of leases) await this.#mustCall("leaseRevoke", { ID });
    });
    do await this.putMarker();
    while (this.#now < LEAST_BASE);
    await this.#mustCall("deleteRange", { key: Buffer.from([0]), rangeEnd: Buffer.from([0]) });
    this.#markers = 0;
    await this.putMarker();
    await this.#mustCall("compact", { revision: this.#now, physical: true });
    this.#compacted = this.#now;
    this.#base = this.#now;
  }

  /** The store has never been written to: only then has it no compacted revision. */
  async startOnFreshStore(): Promise<void> {
    await this.putMarker();
    this.#base = this.#now;
  }

  async call<C extends CallName>(name: C, request: RequestOf<(typeof calls)[C]>): Promise<Answer<ResponseOf<(typeof calls)[C]>>> {
    const resolved = this.#resolve(request);
    const answer = await this.#etcd.call(name, resolved);
    if (!("response" in answer)) return answer;
    const { response } = answer;
    const { header } = response;
    if (header !== undefined && header.revision > this.#now) this.#now = header.revision;
    if (name === "leaseGrant" && "ID" in request && request.ID === 0n && "ID" in response) this.#autoLeases.push(response.ID);
    if (name === "compact" && "revision" in resolved && typeof resolved.revision === "bigint") {
      this.#compacted = resolved.revision;
      await this.putMarker(); // probes start at the marker, which must not be compacted
    }
    return answer;
  }

  keepAlive(leaseId: bigint): ReturnType<RawEtcd["keepAlive"]> {
    return this.#etcd.keepAlive(this.number(leaseId));
  }

  /**
   * What a stream has said of all that was written before the last marker. The sentinel may have seen that one before others on its
   * stream did, so that what they say of it waits for the next time.
   */
  said(number: StreamNumber): WatchResponse[] {
    const isOfMarker = ({ header, events }: WatchResponse): boolean =>
      events.length > 0 && (header?.revision ?? 0n) >= this.#markerRevision;
    return (
      this.#streams
        .get(number)
        ?.take((response) => !isOfMarker(response))
        .filter((response) => !isProbe(response)) ?? []
    );
  }

  /** What the server said, in words that both servers share. */
  text(value: unknown): string {
    return messageText(value, (field, number) => {
      // Ids and terms are each server's own; whether they are there at all is not.
      if (IDENTITY_FIELDS.has(field)) return number === 0n ? "0" : "its own";
      if (REVISION_FIELDS.has(field) && number > 0n) return `base${number < this.#base ? "" : "+"}${number - this.#base}`;
      const auto = LEASE_FIELDS.has(field) ? this.#autoLeases.indexOf(number) : -1;
      return auto < 0 ? String(number) : `auto-lease+${auto}`;
    });
  }

  /** A stream outside the run, to be closed by the caller. */
  bareStream(): WatchTape {
    return new WatchTape(this.#etcd.watch());
  }

  get streams(): ReadonlyMap<StreamNumber, WatchTape> {
    return this.#streams;
  }

  /** The stream of that number, opened with its sentinel if it is not yet. */
  async stream(number: StreamNumber): Promise<WatchTape> {
    const open = this.#streams.get(number);
    if (open !== undefined) return open;
    const tape = this.bareStream();
    this.#streams.set(number, tape);
    await tape.create(WatchCreateRequest.fromPartial({ key: MARKER_KEY, watchId: SENTINEL_ID }));
    return tape;
  }

  async create(number: StreamNumber, request: WatchCreateRequest): Promise<WatchResponse> {
    const tape = await this.stream(number);
    return tape.create(WatchCreateRequest.fromPartial(this.#resolve(request)));
  }

  /**
   * Waits until the server has answered every request on the stream, and, with `catchUp`, has gone over the watches that are behind.
   * The server takes the requests of a stream in order and queues its answers in order, so that the answer to the probe's create comes
   * after all of them. A probe that starts in the past is behind as well, and every pass over those goes over all of them.
   */
  async #probe(tape: WatchTape, startRevision: bigint, attempts = 5): Promise<void> {
    const watchId = FIRST_PROBE_ID + this.#probes++;
    const caughtUp =
      startRevision > 0n ? tape.has((each) => each.watchId === watchId && each.events.length > 0, LONGEST_PASS_MS) : undefined;
    await tape.create(WatchCreateRequest.fromPartial({ key: MARKER_KEY, watchId, startRevision }));
    const isLost = (await caughtUp) === false;
    const canceled = tape.next("answer to a cancel", (each) => each.watchId === watchId && each.canceled);
    tape.send({ $case: "cancelRequest", value: { watchId } });
    await canceled;
    // Beside a watch with a negative start, etcd 3.4.23 reads nothing for the others that are behind. The pass is over all the same.
    if (!isLost) return;
    if (attempts === 1) throw new SilentServerError("watches that are behind are not brought forward");
    await this.#probe(tape, startRevision, attempts - 1);
  }

  /** Every request on the stream is answered, as far as it is to be answered at all. */
  answered(tape: WatchTape): Promise<void> {
    return this.#probe(tape, 0n);
  }

  /**
   * Waits until every stream is quiet. Nothing sleeps: the last step is a write that the sentinel of each stream sees, and what the
   * stream queued before it comes before it. The store's lock makes sure that a pass over watches that are behind is not half done then.
   */
  async settle({ catchUp }: { catchUp: boolean }): Promise<void> {
    if (this.#streams.size === 0) return;
    const rounds = catchUp ? 1n + this.grown / REVISIONS_PER_ROUND : 0n;
    for (const tape of this.#streams.values()) {
      for (let round = 0n; round < rounds; round++) await this.#probe(tape, this.#markerRevision);
      await this.answered(tape);
    }
    const value = String(this.#markers);
    const seen = [...this.#streams.values()].map((tape) =>
      tape.next("marker", ({ watchId, events }) => watchId === SENTINEL_ID && events.some(({ kv }) => kv?.value.toString() === value)),
    );
    await Promise.all([...seen, this.putMarker()]);
  }

  async putMarker(): Promise<void> {
    const { header } = await this.#mustCall("put", { key: MARKER_KEY, value: Buffer.from(String(this.#markers++)) });
    this.#markerRevision = header?.revision ?? 0n;
  }

  close(): void {
    for (const tape of this.#streams.values()) tape.close();
    this.#etcd.close();
  }

  async #mustCall<C extends CallName>(name: C, fields: Partial<RequestOf<(typeof calls)[C]>>): Promise<ResponseOf<(typeof calls)[C]>> {
    const answer = await this.#etcd.call(name, fields);
    if ("status" in answer) throw new SilentServerError(`${name} failed: ${answer.status}`);
    const revision = answer.response.header?.revision ?? 0n;
    if (revision > this.#now) this.#now = revision;
    return answer.response;
  }

  #resolve(message: object): object {
    return mapNumbers(message, (number) => this.number(number));
  }

  /** The number on this server that an operation means. */
  number(number: bigint): bigint {
    const symbol = symbolOf(number);
    switch (symbol?.anchor) {
      case "base":
        return this.#base + BigInt(symbol.plus);
      case "now":
        return this.#now + BigInt(symbol.plus);
      case "compacted":
        return this.#compacted + BigInt(symbol.plus);
      case "auto-lease":
        return this.#autoLeases[symbol.plus] ?? NO_LEASE;
      case undefined:
        return number;
    }
  }
}
