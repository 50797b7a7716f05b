import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isEtcdError } from "../../../src/errors/etcd-error.ts";
import type { Event as WireEvent } from "../../../src/gen/kv.ts";
import { ScenarioWatch } from "../../support/scenario-watch.ts";
import { put, remove, type ResponseFields, unheardOf } from "../../support/watch-messages.ts";
import { settle, watcherHarness } from "../../support/watcher-harness.ts";

/** Ids that mean something to the client: its own, those of a server, none; and some that mean nothing. */
const anyId = fc.oneof(fc.bigInt(-2n, 4n), fc.constantFrom<("asked" | "second asked")[]>("asked", "second asked"), fc.bigInt());
const anyRevision = fc.oneof(fc.bigInt(0n, 30n), fc.constantFrom(2n ** 63n - 1n, -1n, -(2n ** 63n), 2n ** 53n));
const anyEvent: fc.Arbitrary<WireEvent> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom("a", "b", "c"), anyRevision).map(([key, revision]) => put(key, revision)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom("a", "b"), anyRevision).map(([key, revision]) => remove(key, revision)) },
  { weight: 1, arbitrary: anyRevision.map((revision) => unheardOf("a", revision)) },
  { weight: 1, arbitrary: fc.constant<WireEvent>({ type: 0, kv: undefined, prevKv: undefined }) },
);
const anyMessage = fc.record({
  watchId: anyId,
  revision: anyRevision,
  created: fc.boolean(),
  canceled: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  compactRevision: fc.oneof({ weight: 5, arbitrary: fc.constant(0n) }, { weight: 1, arbitrary: anyRevision }),
  cancelReason: fc.constantFrom("", "etcdserver: permission denied", "etcdserver: mvcc: required revision has been compacted", "\u0000"),
  fragment: fc.boolean(),
  events: fc.array(anyEvent, { maxLength: 4 }),
});

type Step =
  | { readonly at: "message"; readonly message: Omit<ResponseFields, "watchId"> & { readonly watchId: bigint | "asked" | "second asked" } }
  | { readonly at: "bytes"; readonly bytes: Uint8Array }
  | { readonly at: "end"; readonly code: "UNAVAILABLE" | "OK" | "INTERNAL" | "RESOURCE_EXHAUSTED" }
  | { readonly at: "time"; readonly ms: number }
  | { readonly at: "cancel"; readonly index: number };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ at: fc.constant("message" as const), message: anyMessage }) },
  { weight: 1, arbitrary: fc.record({ at: fc.constant("bytes" as const), bytes: fc.uint8Array({ maxLength: 30 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      at: fc.constant("end" as const),
      code: fc.constantFrom("UNAVAILABLE" as const, "OK" as const, "INTERNAL" as const, "RESOURCE_EXHAUSTED" as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ at: fc.constant("time" as const), ms: fc.nat(20_000) }) },
  { weight: 1, arbitrary: fc.record({ at: fc.constant("cancel" as const), index: fc.nat(3) }) },
);

describe("a server that sends anything at all", () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => {
    unhandled.push(reason);
  };
  beforeAll(() => process.on("unhandledRejection", note));
  afterAll(() => process.off("unhandledRejection", note));

  it("never makes the client crash, hang, reject unheard, hold without bound, or deliver out of order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 40 }), async (steps) => {
        unhandled.length = 0;
        const harness = watcherHarness({ maxReceiveBytes: 100_000 });
        const options = [
          { key: "a" },
          { key: "a", startRevision: 3n, prevKv: true },
          { key: "", prefix: true, fragment: true },
          { key: "b", progressNotify: true },
        ];
        const watches = options.map((each, index) => new ScenarioWatch(harness, String(index), { ...each, buffer: { maxBytes: 500 } }));
        await settle();
        for (const step of steps) {
          const connection = harness.transport.connections.find(({ state }) => state === "open");
          if (step.at === "time") harness.clock.advance(step.ms);
          else if (step.at === "cancel") watches[step.index]?.channel.cancel();
          else if (connection !== undefined && step.at === "bytes") connection.sendBytes(Buffer.from(step.bytes));
          else if (connection !== undefined && step.at === "end") connection.end(step.code);
          else if (connection !== undefined && step.at === "message") {
            const { watchId: id } = step.message;
            const asked = connection.unanswered[id === "second asked" ? 1 : 0]?.watchId ?? 0n;
            connection.send({ ...step.message, watchId: typeof id === "bigint" ? BigInt.asIntN(64, id) : asked });
          }
          await settle();
        }
        for (const watch of watches) {
          let last = 0n;
          for (const { events } of watch.responses) {
            for (const { kv } of events) {
              expect(kv.modRevision).toBeGreaterThanOrEqual(last);
              last = kv.modRevision;
            }
          }
          expect(watch.channel.status.bufferedBytes).toBeLessThan(2_000);
          const { ending } = watch;
          if (ending !== undefined && ending !== "quietly") expect(isEtcdError(ending.error)).toBe(true);
        }
        await harness.watcher.close();
        await settle();
        expect(watches.every(({ ending }) => ending !== undefined)).toBe(true);
        expect(harness.clock.pendingTimers).toBe(0);
        expect(unhandled).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
