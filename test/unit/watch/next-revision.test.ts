import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asInt64 } from "../../../src/model/int64.ts";
import { type Advance, nextRevision } from "../../../src/watch/next-revision.ts";

interface Case extends Partial<Pick<Advance, "created" | "canceled">> {
  readonly headerRevision?: bigint;
  readonly lastRevision?: bigint;
  readonly what: string;
  readonly current: bigint;
  readonly next: bigint;
}

const CASES: readonly Case[] = [
  { what: "an event moves it to its revision + 1", current: 3n, lastRevision: 4n, headerRevision: 4n, next: 5n },
  { what: "an event moves it no further, though the header is ahead", current: 3n, lastRevision: 4n, headerRevision: 90n, next: 5n },
  { what: "an event moves it, though the header is missing", current: 3n, lastRevision: 4n, headerRevision: 0n, next: 5n },
  { what: "an event below it moves nothing", current: 9n, lastRevision: 4n, headerRevision: 20n, next: 9n },
  { what: "the first `created` of a from-now watch", current: 0n, created: true, headerRevision: 7n, next: 8n },
  { what: "a `created` without a revision leaves a from-now watch at now", current: 0n, created: true, headerRevision: 0n, next: 0n },
  { what: "a `created` with an older start asked for", current: 2n, created: true, headerRevision: 70n, next: 2n },
  { what: "a `created` with a future start asked for", current: 200n, created: true, headerRevision: 70n, next: 200n },
  { what: "a `created` of a resume", current: 20n, created: true, headerRevision: 50n, next: 20n },
  { what: "a refusal of a from-now watch", current: 0n, created: true, canceled: true, headerRevision: 7n, next: 0n },
  { what: "progress moves it behind the header", current: 5n, headerRevision: 20n, next: 21n },
  { what: "progress at the last event", current: 21n, headerRevision: 20n, next: 21n },
  { what: "progress below it", current: 30n, headerRevision: 20n, next: 30n },
  { what: "progress without a revision", current: 5n, headerRevision: 0n, next: 5n },
  { what: "progress without a revision, before now is known", current: 0n, headerRevision: 0n, next: 0n },
  { what: "a compaction's cancel", current: 5n, canceled: true, headerRevision: 0n, next: 5n },
  { what: "a cancel with a header far ahead", current: 5n, canceled: true, headerRevision: 90n, next: 5n },
  { what: "the last revision that is held as a number", current: 5n, lastRevision: 2n ** 49n - 1n, next: 2n ** 49n },
  { what: "revisions beyond 2^53", current: 2n ** 60n, lastRevision: 2n ** 60n + 1n, headerRevision: 2n ** 60n + 5n, next: 2n ** 60n + 2n },
];

describe("nextRevision()", () => {
  for (const { what, current, next, created = false, canceled = false, headerRevision = 0n, lastRevision = 0n } of CASES) {
    it(`${what}: ${current} → ${next}`, () => {
      const advance = { created, canceled, header: { revision64: asInt64(headerRevision) }, lastRevision: asInt64(lastRevision) };
      expect(nextRevision(asInt64(current), advance)).toBe(asInt64(next));
    });
  }

  it("never goes back, and never passes over an event that was not in the message", () => {
    const revision = fc.oneof(fc.bigInt({ min: 0n, max: 40n }), fc.bigInt({ min: 2n ** 49n - 3n, max: 2n ** 49n + 3n })).map(asInt64);
    const header = fc.record({ revision64: revision });
    const message = fc.record({ created: fc.boolean(), canceled: fc.boolean(), header, lastRevision: revision });
    fc.assert(
      fc.property(revision, message, (current, advance) => {
        const next = nextRevision(current, advance);
        expect(next >= current).toBe(true);
        const told = advance.lastRevision === 0 ? advance.header.revision64 : advance.lastRevision;
        if (next > current) expect(next).toBe(asInt64(BigInt(told) + 1n));
      }),
    );
  });
});
