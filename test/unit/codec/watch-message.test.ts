import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeWatchMessage } from "../../../src/codec/watch-message.ts";
import { ProtocolError } from "../../../src/errors/etcd-error.ts";
import { Event_EventType } from "../../../src/gen/kv.ts";
import { put, remove, responseBytes, unheardOf } from "../../support/watch-messages.ts";

/** Decodes, or says that it is no message. Anything else that is thrown is a crash. */
function decoded(bytes: Buffer): "decoded" | "refused" {
  try {
    decodeWatchMessage(bytes);
    return "decoded";
  } catch (error) {
    if (error instanceof ProtocolError) return "refused";
    throw error;
  }
}

describe("decodeWatchMessage()", () => {
  it("reads every field", () => {
    const bytes = responseBytes({
      watchId: 5n,
      revision: 2n ** 60n,
      canceled: true,
      compactRevision: 9n,
      cancelReason: "why",
      fragment: true,
      events: [put("a", 3n, { createRevision: 2n, value: "v", prevValue: "u" }), remove("b", 4n)],
    });
    const message = decodeWatchMessage(bytes);
    expect(message).toMatchObject({
      watchId: 5,
      created: false,
      canceled: true,
      compactRevision: 9,
      cancelReason: "why",
      fragment: true,
    });
    expect(message).toMatchObject({ lastRevision: 4, byteLength: bytes.length, header: { revision: 2n ** 60n, clusterId: 1n } });
    expect(message.events.map(({ type, isCreate, isModify }) => ({ type, isCreate, isModify }))).toEqual([
      { type: "put", isCreate: false, isModify: true },
      { type: "delete", isCreate: false, isModify: false },
    ]);
    expect(message.events[0]?.prevKv?.valueText).toBe("u");
    expect(message.events[1]?.kv.keyText).toBe("b");
  });

  it("is all zeros for an empty message", () => {
    expect(decodeWatchMessage(Buffer.alloc(0))).toMatchObject({
      watchId: 0,
      created: false,
      events: [],
      lastRevision: 0,
      header: { revision: 0n },
    });
  });

  it("leaves keys and values where they are in the buffer", () => {
    const bytes = responseBytes({ events: [put("a key", 3n, { value: "a value" })] });
    const { events } = decodeWatchMessage(bytes);
    expect(events[0]?.kv.value.buffer).toBe(bytes.buffer);
    expect(Buffer.isBuffer(events[0]?.kv.key)).toBe(true);
  });

  it("leaves out an event of a type that it does not know, but counts its revision", () => {
    const message = decodeWatchMessage(responseBytes({ events: [put("a", 3n), unheardOf("a", 4n)] }));
    expect(message.events.map(({ kv }) => kv.modRevision)).toEqual([3n]);
    expect(message.lastRevision).toBe(4);
  });

  it("leaves out an event without a key, and says so", () => {
    const event = { type: Event_EventType.PUT, kv: undefined, prevKv: undefined };
    const { events, fault } = decodeWatchMessage(responseBytes({ revision: 1n, events: [event, put("a", 3n)] }));
    expect(events.map(({ kv }) => kv.modRevision)).toEqual([3n]);
    expect(fault).toBe("A watch event came without its key");
  });

  it.each([
    [[3n, 4n, 4n, 9n], undefined],
    [[3n, 2n], "An event of revision 2 came after one of 3 in one watch response"],
    [[0n], "An event of revision 0 came after one of 0 in one watch response"],
    [[-1n, 1n], "An event of revision -1 came after one of 0 in one watch response"],
    [[2n ** 60n, 5n], `An event of revision 5 came after one of ${String(2n ** 60n)} in one watch response`],
  ])("tells of revisions that go down or are none: %o", (revisions, fault) => {
    const events = revisions.map((revision) => put("a", revision));
    expect(decodeWatchMessage(responseBytes({ revision: 9n, events })).fault).toBe(fault);
  });

  it("keeps the cause when the bytes are no message", () => {
    expect(() => decodeWatchMessage(Buffer.alloc(11, 0xff))).toThrow(
      expect.objectContaining({ code: "PROTOCOL", cause: expect.any(Error) as unknown }),
    );
  });

  it("never throws anything but ProtocolError, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decoded(Buffer.from(bytes));
      }),
      { numRuns: 2_000 },
    );
  });

  it("never throws anything but ProtocolError, however a message was damaged", () => {
    const whole = responseBytes({
      watchId: 3n,
      revision: 70n,
      cancelReason: "why",
      events: [put("a", 3n, { prevValue: "u" }), remove("b", 4n)],
    });
    for (let length = 0; length < whole.length; length++) decoded(whole.subarray(0, length));
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (position, value) => {
        const damaged = Buffer.from(whole);
        damaged[position] = value;
        decoded(damaged);
      }),
      { numRuns: 2_000 },
    );
  });
});
