import { PutRequest, WatchCreateRequest } from "../../src/gen/rpc.ts";
import type { WatchResponse } from "../../src/gen/rpc.ts";
import { EtcdSide, isProbe, MARKER_KEY } from "./etcd-side.ts";
import type { CallName, Operation, StreamNumber, UnaryOperation, WatchOperation } from "./operation.ts";
import type { Answer } from "./raw-etcd.ts";
import { streamDifference } from "./watch-comparison.ts";
import type { Fixed } from "./watch-comparison.ts";

/** Where two servers do not agree. */
export class Difference extends Error {
  readonly bundled: string;
  readonly real: string;
  /** The operation it was found at; undefined for the end of the run. */
  index: number | undefined;

  constructor(what: string, { bundled, real }: { bundled: string; real: string }) {
    super(what);
    this.bundled = bundled;
    this.real = real;
  }
}

const BRIEF_LEASE = 4242n;
/** A watch that nobody has created. */
const NO_WATCH_ID = 999n;

interface StreamNotes {
  /** Watches whose responses until the next comparison are not fixed in all they say. */
  readonly loose: Map<bigint, Fixed>;
  /** Ids of watches that were cancelled in a race. What was dropped then, etcd would hand to the next watch of that id, or not. */
  readonly spent: Set<bigint>;
}

/** Sends the same operations to two servers and compares what they say. */
export class OperationsRun {
  readonly #bundled: EtcdSide;
  readonly #real: EtcdSide;
  readonly #notes: Readonly<Record<StreamNumber, StreamNotes>> = {
    0: { loose: new Map(), spent: new Set() },
    1: { loose: new Map(), spent: new Set() },
  };
  readonly #ids = new Map<number, bigint>();
  /** Whether a watch may still be behind. */
  #behind = false;

  constructor(bundled: EtcdSide, real: EtcdSide) {
    this.#bundled = bundled;
    this.#real = real;
  }

  /** @throws {Difference} with the operation at which it was found */
  async run(operations: readonly Operation[]): Promise<void> {
    let index: number | undefined;
    try {
      for (index = 0; index < operations.length; index++) {
        const operation = operations[index];
        if (operation !== undefined) await this.#step(operation);
      }
      index = undefined;
      await this.#settle();
    } catch (error) {
      if (error instanceof Difference) error.index = index;
      throw error;
    }
  }

  async #step(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case "call":
        return this.#call(operation);
      case "keep-alive":
        await this.#compare("keep-alive", (side) => side.keepAlive(operation.leaseId));
        return;
      case "brief-lease":
        await this.#compare("grant", (side) => side.call("leaseGrant", { ID: BRIEF_LEASE, TTL: operation.ttlSeconds }));
        await this.#compare("revoke", (side) => side.call("leaseRevoke", { ID: BRIEF_LEASE }));
        return;
      case "many-puts":
        return this.#manyPuts(operation);
      case "settle":
        return this.#settle();
      case "create":
        return this.#create(operation);
      case "cancel":
        if (operation.settle) await this.#settle();
        return this.#cancel(operation.stream, this.#ids.get(operation.label) ?? NO_WATCH_ID, operation.settle);
      case "cancel-id":
        await this.#settle();
        return this.#cancel(operation.stream, operation.watchId, true);
      case "progress":
        await this.#settle();
        await this.#send(operation.stream, { $case: "progressRequest", value: {} });
        return this.#settle();
      case "progress-without-watch":
        return this.#progressWithoutWatch(operation.after);
      case "empty-request":
        return this.#send(operation.stream, undefined);
      default: {
        const unreachable: never = operation;
        throw new Error(`unknown operation ${String(unreachable)}`);
      }
    }
  }

  async #call({ call, request }: UnaryOperation): Promise<void> {
    // What a compaction does to a watch that is behind, or to an old value that is still to be looked up, depends on who is first.
    if (call === "compact") await this.#settle();
    await this.#compare(call, async (side) => comparable(call, await side.call(call, request), side));
  }

  async #manyPuts({ key, count }: { key: Uint8Array; count: number }): Promise<void> {
    const request = PutRequest.fromPartial({ key, value: Buffer.from("same") });
    await this.#both(async (side) => {
      // One after the other: a stream that cannot keep up would fall behind, and how far is a matter of speed.
      for (let sent = 0; sent < count; sent++) await side.call("put", request);
    });
    await this.#settle();
  }

  async #create({ stream, label, settle: wantsToSettle, request }: Extract<WatchOperation, { kind: "create" }>): Promise<void> {
    const { loose, spent } = this.#notes[stream];
    if (spent.has(request.watchId)) return;
    // etcd 3.4.23 takes a negative start, and then reads nothing for whoever else is behind at the time (mvcc/revision.go: unsigned bytes).
    const settle = wantsToSettle || this.#bundled.number(request.startRevision) < 0n;
    if (settle) await this.#settle();
    const { watchId, canceled } = await this.#compare("the answer to a create", (side) => side.create(stream, request));
    if (canceled) return;
    this.#ids.set(label, watchId);
    if (request.startRevision === 0n) return;
    this.#behind = true;
    // Old events that are ready before the created response is sent go out with it, and etcd does not split those.
    if (!settle || request.fragment) loose.set(watchId, "events");
    if (settle) await this.#settle();
  }

  async #cancel(stream: StreamNumber, watchId: bigint, isSettled: boolean): Promise<void> {
    const { loose, spent } = this.#notes[stream];
    // Also after settling: a watch that sees the marker may be told of it just after the sentinel is, and then the cancel can be quicker.
    loose.set(watchId, "beginning");
    if (!isSettled) spent.add(watchId);
    await this.#send(stream, { $case: "cancelRequest", value: { watchId } });
    if (isSettled) await this.#settle(); // the id may be taken again at once
  }

  async #send(stream: StreamNumber, requestUnion: Parameters<Awaited<ReturnType<EtcdSide["stream"]>>["send"]>[0]): Promise<void> {
    await this.#both(async (side) => {
      const tape = await side.stream(stream);
      tape.send(requestUnion);
      await side.answered(tape);
    });
  }

  /** On a stream of its own: those of the run always have the sentinel. */
  async #progressWithoutWatch(after: "nothing" | "a cancel"): Promise<void> {
    await this.#compare("progress without a watch", async (side): Promise<WatchResponse[]> => {
      const tape = side.bareStream();
      try {
        if (after === "a cancel") {
          const { watchId } = await tape.create(WatchCreateRequest.fromPartial({ key: MARKER_KEY }));
          tape.send({ $case: "cancelRequest", value: { watchId } });
        }
        tape.send({ $case: "progressRequest", value: {} });
        await side.answered(tape);
        return tape.take().filter((response) => !isProbe(response));
      } finally {
        tape.close();
      }
    });
  }

  async #settle(): Promise<void> {
    await this.#both((side) => side.settle({ catchUp: this.#behind }));
    this.#behind = false;
    for (const stream of [0, 1] as const) {
      const { loose } = this.#notes[stream];
      const [bundled, real] = [this.#said(this.#bundled, stream), this.#said(this.#real, stream)];
      const difference = streamDifference(bundled, real, (watchId) => loose.get(watchId) ?? "all");
      if (difference !== undefined) throw new Difference(`stream ${stream}`, difference);
      loose.clear();
    }
  }

  #said(side: EtcdSide, stream: StreamNumber): Parameters<typeof streamDifference>[0] {
    return { responses: side.said(stream), text: (value) => side.text(value) };
  }

  async #compare<T>(what: string, ask: (side: EtcdSide) => Promise<T>): Promise<T> {
    const [bundled, real] = await this.#both(ask);
    const texts = { bundled: this.#bundled.text(bundled), real: this.#real.text(real) };
    if (texts.bundled !== texts.real) throw new Difference(what, texts);
    return bundled;
  }

  /** A server that fails to answer is as different as one that answers otherwise. */
  async #both<T>(ask: (side: EtcdSide) => Promise<T>): Promise<[bundled: T, real: T]> {
    const [bundled, real] = await Promise.allSettled([ask(this.#bundled), ask(this.#real)]);
    if (bundled.status === "fulfilled" && real.status === "fulfilled") return [bundled.value, real.value];
    throw new Difference("a server that does not answer", { bundled: outcomeText(bundled), real: outcomeText(real) });
  }
}

function outcomeText(outcome: PromiseSettledResult<unknown>): string {
  return outcome.status === "fulfilled" ? "(answered)" : String(outcome.reason);
}

/** The answer without what the clock decides, and in one order where etcd has none. */
function comparable(call: CallName, answer: Answer<object>, side: EtcdSide): unknown {
  if (!("response" in answer)) return answer;
  const { response } = answer;
  if (
    call === "leaseTimeToLive" &&
    "TTL" in response &&
    typeof response.TTL === "bigint" &&
    "keys" in response &&
    Array.isArray(response.keys)
  ) {
    // The time left runs on between the two calls. etcd 3.4 and 3.5 take the keys from a Go map (lease/lessor.go, Keys).
    const keys = response.keys.map((key: Buffer) => key.toString("latin1")).sort();
    return { response: { ...response, TTL: response.TTL > 0n ? 1n : response.TTL, keys } };
  }
  if (call === "leaseLeases" && "leases" in response && Array.isArray(response.leases)) {
    // They come in the order of their ends, which for two grants in one millisecond depends on how fine the clock is.
    const leases = response.leases.map((lease: unknown) => side.text(lease)).sort();
    return { response: { ...response, leases } };
  }
  return answer;
}
