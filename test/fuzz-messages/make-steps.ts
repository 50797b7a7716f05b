import type { GrpcStatusName } from "../../src/errors/grpc-status.ts";
import type { Dice } from "../fuzz/dice.ts";
import type { MessageId, Step, StepEvent, StepMessage, StepRevision } from "./stream-step.ts";

const KEYS = ["a", "b", "a/1", ""];
const EXTREMES = [0n, -1n, 1n, 2n ** 49n - 1n, 2n ** 49n, 2n ** 53n, 2n ** 63n - 2n, 2n ** 63n - 1n, -(2n ** 63n)];
const REASONS = [
  ...["", "etcdserver: permission denied", "etcdserver: mvcc: required revision has been compacted", "\u0000"],
  "rpc error: code = Unavailable desc = etcdserver: no leader",
  "rpc error: code = Unauthenticated desc = etcdserver: invalid auth token",
  "rpc error: code = PermissionDenied desc = etcdserver: auth: revision in header is old",
];
const ENDS: readonly (readonly [weight: number, end: readonly [code: GrpcStatusName, details: string]])[] = [
  [6, ["UNAVAILABLE", "Connection dropped"]],
  [3, ["OK", ""]],
  [3, ["INTERNAL", "RST_STREAM"]],
  [2, ["RESOURCE_EXHAUSTED", "Received message larger than max (5000000 vs 4194304)"]],
  [2, ["FAILED_PRECONDITION", ""]],
  [1, ["PERMISSION_DENIED", ""]],
  [1, ["UNAUTHENTICATED", "etcdserver: invalid auth token"]],
];
const VERSIONS = ["3.5.30", "3.4.23", "3.6.0", "no version"];
const SMALL_BUFFER_BYTES = 500;

/** How much of what a server says is nonsense, in percent. Most nonsense ends a watch, and what comes after it is then of no interest. */
const WILDNESS = [1, 5, 20];

/** Everything that happens in one sequence. */
export function makeSteps(dice: Dice, count: number): Step[] {
  const maker = new StepMaker(dice, dice.of(WILDNESS));
  return [...dice.list(3, () => maker.watch()), ...dice.list(count, () => maker.step())];
}

export class StepMaker {
  readonly #dice: Dice;
  readonly #wildness: number;

  constructor(dice: Dice, wildness: number) {
    this.#dice = dice;
    this.#wildness = wildness;
  }

  step(): Step {
    const dice = this.#dice;
    return dice.weighted<() => Step>([
      [10, () => ({ at: "good create", echoesId: dice.chance(80) })],
      [8, () => ({ at: "good change", keys: dice.between(1, 3) })],
      [2, () => ({ at: "good notice" })],
      [16, () => ({ at: "message", message: this.message(), times: dice.chance(3) ? 200 : 1 })],
      [this.#wildness / 3, () => ({ at: "damaged message", message: this.message(), seed: dice.below(2 ** 31) })],
      [this.#wildness / 10, () => ({ at: "odd bytes", seed: dice.below(2 ** 31) })],
      [3, () => ({ at: "replay", back: dice.between(1, 10) })],
      [2, () => this.#end()],
      [1, () => ({ at: "opens", hang: dice.chance(40) })],
      [1, () => this.#reads()],
      [5, () => ({ at: "time", ms: dice.of([0, 25, 600, 1_500, 6_000, 31_000, 700_000]) })],
      [2, () => this.watch()],
      [4, () => ({ at: "read", watch: dice.below(6), count: dice.between(1, 4) })],
      [1, () => ({ at: "leave", watch: dice.below(6), how: dice.of(["cancel", "abort", "return"] as const) })],
      [2, () => ({ at: "ask for progress", watch: dice.chance(50) ? "stream" : dice.below(6) })],
    ])();
  }

  watch(): Step {
    const dice = this.#dice;
    return {
      at: "watch",
      reads: dice.chance(60) ? "at once" : "when told",
      options: {
        ...(dice.chance(50) ? { prefix: true } : {}),
        ...(dice.chance(50) ? { startRevision: BigInt(dice.below(4)) } : {}),
        ...(dice.chance(5) ? { startRevision: dice.of([2n ** 49n, 2n ** 63n - 2n]) } : {}),
        prevKv: dice.chance(30),
        fragment: dice.chance(40),
        progressNotify: dice.chance(40),
        createdNotify: dice.chance(30),
        ...(dice.chance(10) ? { metadata: { hasleader: "false" } } : {}),
        buffer: { maxBytes: dice.chance(80) ? SMALL_BUFFER_BYTES : 1_000_000, whenFull: dice.chance(80) ? "park" : "fail" },
      },
    };
  }

  message(): StepMessage {
    const dice = this.#dice;
    return {
      id: this.#id(),
      revision: this.#isWild() ? { exactly: dice.of(EXTREMES) } : { plus: dice.between(-2, 2) },
      clusterId: this.#isWild() ? dice.of([0n, 2n, 2n ** 63n]) : 1n,
      created: dice.chance(20),
      canceled: this.#isWild(),
      compactRevision: this.#isWild() ? this.#revision() : undefined,
      cancelReason: dice.chance(20) ? dice.of(REASONS) : "",
      fragment: dice.chance(25),
      events: this.#events(),
      valueBytes: dice.chance(5) ? 2_000 : dice.below(20),
    };
  }

  /** In the order of their revisions, as far as there is one. */
  #events(): StepEvent[] {
    const dice = this.#dice;
    const events = dice.list(dice.chance(60) ? dice.between(1, 3) : dice.of([0, 0, 0, 12]), () => this.#event());
    const above = ({ revision }: StepEvent): number => ("plus" in revision ? revision.plus : 0);
    if (!this.#isWild()) events.sort((one, other) => above(one) - above(other));
    return dice.chance(10) ? events.map((event) => ({ ...event, kind: "unheard-of" })) : events;
  }

  #event(): StepEvent {
    const dice = this.#dice;
    const known = dice.chance(90) ? dice.of(["put", "put", "delete"] as const) : "unheard-of";
    const kind = this.#isWild() ? dice.of(["unheard-of", "no key"] as const) : known;
    return { kind, key: dice.of(KEYS), revision: this.#revision() };
  }

  #revision(): StepRevision {
    const dice = this.#dice;
    return this.#isWild() ? { exactly: dice.of(EXTREMES) } : { plus: dice.of([-3, -1, 0, 0, 1, 1, 2, 5]) };
  }

  #id(): MessageId {
    const dice = this.#dice;
    return dice.weighted<MessageId>([
      [8, "live"],
      [6, "other live"],
      [3, "asked"],
      [1, "second asked"],
      [2, "gone"],
      [2, -1n],
      [1, BigInt(dice.below(5))],
      [1, dice.of(EXTREMES)],
    ]);
  }

  #end(): Step {
    const [code, details] = this.#dice.weighted(ENDS);
    return { at: "end", code, details };
  }

  #reads(): Step {
    const dice = this.#dice;
    const answer = dice.of<"latest" | "none" | "failure" | bigint>(["latest", "latest", "none", "failure", 0n, -1n, 2n ** 63n - 1n]);
    return { at: "reads", answer, version: dice.chance(20) ? undefined : dice.of(VERSIONS) };
  }

  #isWild(): boolean {
    return this.#dice.chance(this.#wildness);
  }
}
