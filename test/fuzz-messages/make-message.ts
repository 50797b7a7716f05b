import type { Dice } from "../fuzz/dice.ts";
import { type Oddness, OddWire } from "./odd-wire.ts";

// Field numbers, as kv.proto and rpc.proto have them.
const HEADER = { clusterId: 1, memberId: 2, revision: 3, raftTerm: 4 } as const;
const KEY_VALUE = { key: 1, createRevision: 2, modRevision: 3, version: 4, value: 5, lease: 6 } as const;
const EVENT = { type: 1, kv: 2, prevKv: 3 } as const;
const RESPONSE = { header: 1, watchId: 2, created: 3, canceled: 4, compactRevision: 5, cancelReason: 6, fragment: 7, events: 11 } as const;

const RESPONSE_INTEGERS = [16, 24, 32, 40, 56];
const HEADER_TAGS = { inner: [8, 16, 24, 32], outer: RESPONSE_INTEGERS };
const EVENT_TAGS = { inner: [8], outer: RESPONSE_INTEGERS };
const KEY_VALUE_TAGS = { inner: [16, 24, 32, 48], outer: [8] };

/** Few, so that a header begins with the same bytes as the one before it, and many enough that it does not always. */
const IDS = [0n, 1n, 5n, 14_841_639_068_965_178_418n, 10_276_657_743_932_975_437n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 49n - 1n, 2n ** 49n];
const TEXTS = [
  "",
  "a",
  "config/a",
  '{"a":[1,null,"é"]}',
  "1e400",
  "\u{feff}text",
  "𝄞",
  "etcdserver: mvcc: required revision has been compacted",
];
const LONG_BYTES = [127, 128, 300, 16_383, 16_384, 70_000];

/** As etcd writes it; with one thing odd in it, or a few; with messages that overlap and nothing else; odd throughout. */
const ODDNESS: readonly (readonly [weight: number, oddness: Oddness])[] = [
  [3, { percent: 0, overlapPercent: 0 }],
  [3, { percent: 3, overlapPercent: 1 }],
  [2, { percent: 0, overlapPercent: 20 }],
  [3, { percent: 25, overlapPercent: 8 }],
];

/** A watch response as bytes: of every field, or a few, or none. */
export function makeMessage(dice: Dice): Buffer {
  return Buffer.from(new MessageMaker(new OddWire(dice, dice.weighted(ODDNESS))).response());
}

class MessageMaker {
  readonly #wire: OddWire;
  readonly #dice: Dice;
  /** Most events follow the one before. */
  #revision: bigint;

  constructor(wire: OddWire) {
    this.#wire = wire;
    this.#dice = wire.dice;
    this.#revision = wire.dice.chance(80) ? BigInt(wire.dice.below(100_000)) : wire.integer();
  }

  response(): number[] {
    const [wire, dice] = [this.#wire, this.#dice];
    const fields: number[][] = [];
    if (dice.chance(85)) fields.push(wire.messageField(RESPONSE.header, this.#header(), HEADER_TAGS));
    if (wire.isOdd()) fields.push(wire.messageField(RESPONSE.header, this.#header(), HEADER_TAGS));
    if (dice.chance(70)) fields.push(wire.varintField(RESPONSE.watchId, wire.integer()));
    for (const number of [RESPONSE.created, RESPONSE.canceled, RESPONSE.fragment])
      if (dice.chance(20)) fields.push(wire.varintField(number, wire.flag()));
    if (dice.chance(15)) fields.push(wire.varintField(RESPONSE.compactRevision, wire.integer()));
    if (dice.chance(15)) fields.push(wire.delimitedField(RESPONSE.cancelReason, this.#bytes()));
    const events = dice.weighted([
      [3, 0],
      [6, dice.between(1, 3)],
      [1, dice.between(4, 20)],
    ]);
    for (let count = 0; count < events; count++) fields.push(wire.messageField(RESPONSE.events, this.#event(), EVENT_TAGS));
    return wire.message(fields);
  }

  #header(): number[] {
    const [wire, dice] = [this.#wire, this.#dice];
    const fields: number[][] = [];
    if (dice.chance(90)) fields.push(wire.varintField(HEADER.clusterId, dice.of(IDS)));
    if (dice.chance(90)) fields.push(wire.varintField(HEADER.memberId, dice.of(IDS)));
    if (dice.chance(90)) fields.push(wire.varintField(HEADER.revision, wire.integer()));
    if (dice.chance(90)) fields.push(wire.varintField(HEADER.raftTerm, wire.integer()));
    return wire.message(fields);
  }

  #event(): number[] {
    const [wire, dice] = [this.#wire, this.#dice];
    const fields: number[][] = [];
    if (dice.chance(40)) fields.push(wire.varintField(EVENT.type, this.#eventType()));
    if (!wire.isOdd()) fields.push(wire.messageField(EVENT.kv, this.#keyValue(), KEY_VALUE_TAGS));
    if (wire.isOdd()) fields.push(wire.messageField(EVENT.kv, this.#keyValue(), KEY_VALUE_TAGS));
    if (dice.chance(30)) fields.push(wire.messageField(EVENT.prevKv, this.#keyValue(), KEY_VALUE_TAGS));
    return wire.message(fields);
  }

  /** Put and delete; and what is neither, or is one of them in its lower 32 bits, which are all that count of an enum. */
  #eventType(): number | bigint {
    const dice = this.#dice;
    if (dice.chance(80)) return dice.below(2);
    return dice.chance(50) ? this.#wire.integer() : dice.of([2n ** 32n, 2n ** 40n, -(2n ** 32n), -(2n ** 63n)]) + BigInt(dice.below(3));
  }

  #keyValue(): number[] {
    const [wire, dice] = [this.#wire, this.#dice];
    if (wire.isOdd()) return [];
    if (dice.chance(70)) this.#revision += BigInt(dice.below(3));
    const modRevision = wire.isOdd() ? wire.integer() : this.#revision;
    const fields: number[][] = [];
    if (dice.chance(95)) fields.push(wire.delimitedField(KEY_VALUE.key, this.#bytes()));
    if (dice.chance(70)) fields.push(wire.varintField(KEY_VALUE.createRevision, dice.chance(40) ? modRevision : wire.integer()));
    if (dice.chance(97)) fields.push(wire.varintField(KEY_VALUE.modRevision, modRevision));
    if (dice.chance(70)) fields.push(wire.varintField(KEY_VALUE.version, wire.integer()));
    if (dice.chance(70)) fields.push(wire.delimitedField(KEY_VALUE.value, this.#bytes()));
    if (dice.chance(30)) fields.push(wire.varintField(KEY_VALUE.lease, wire.integer()));
    return wire.message(fields);
  }

  #bytes(): number[] {
    const dice = this.#dice;
    return dice.weighted<() => number[]>([
      [1, () => []],
      [8, () => [...Buffer.from(dice.of(TEXTS))]],
      [4, () => dice.list(dice.below(20), () => dice.below(256))],
      [0.15, () => Array<number>(dice.of(LONG_BYTES)).fill(dice.below(256))],
    ])();
  }
}
