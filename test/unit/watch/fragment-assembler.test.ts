import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeWatchMessage, type WatchMessage } from "../../../src/codec/watch-message.ts";
import { FragmentAssembler } from "../../../src/watch/fragment-assembler.ts";
import { put, type ResponseFields, responseBytes } from "../../support/watch-messages.ts";

const message = (fields: ResponseFields): WatchMessage => decodeWatchMessage(responseBytes(fields));
const piece = (revisions: readonly bigint[], fields: ResponseFields = {}): WatchMessage =>
  message({ fragment: true, revision: 99n, events: revisions.map((revision, index) => put(`key ${index}`, revision)), ...fields });
const revisions = (whole: WatchMessage | undefined): bigint[] | undefined => whole?.events.map(({ kv }) => kv.modRevision);

const ROOM = { maxBytes: 1_000_000 };
const assembler = (maxRevisionBytes = 1_000_000): FragmentAssembler => new FragmentAssembler({ maxRevisionBytes });

describe("FragmentAssembler", () => {
  it("hands on a message that is no fragment as it is", () => {
    const whole = piece([1n], { fragment: false });
    expect(assembler().push(whole, ROOM)).toBe(whole);
  });

  it("puts pieces together: their events, their bytes, the last one's header", () => {
    const fragments = assembler();
    const [one, two] = [piece([1n, 2n]), piece([2n, 3n], { fragment: false, revision: 100n })];
    expect(fragments.push(one, ROOM)).toBeUndefined();
    expect(fragments.heldBytes).toBe(one.byteLength);
    const whole = fragments.push(two, ROOM);
    expect(revisions(whole)).toEqual([1n, 2n, 2n, 3n]);
    expect(whole).toMatchObject({ fragment: false, lastRevision: 3, byteLength: one.byteLength + two.byteLength });
    expect(whole?.header.revision).toBe(100n);
    expect(fragments.heldBytes).toBe(0);
  });

  it("keeps watches apart", () => {
    const fragments = assembler();
    fragments.push(piece([1n], { watchId: 1n }), ROOM);
    fragments.push(piece([5n], { watchId: 2n }), ROOM);
    expect(revisions(fragments.push(piece([2n], { watchId: 1n, fragment: false }), ROOM))).toEqual([1n, 2n]);
    expect(revisions(fragments.push(piece([6n], { watchId: 2n, fragment: false }), ROOM))).toEqual([5n, 6n]);
  });

  it("forgets what it holds for a watch that is dropped", () => {
    const fragments = assembler();
    fragments.push(piece([1n], { watchId: 1n }), ROOM);
    fragments.drop(1);
    expect(fragments.heldBytes).toBe(0);
    expect(revisions(fragments.push(piece([2n], { watchId: 1n, fragment: false }), ROOM))).toEqual([2n]);
  });

  it("holds back a notice that comes between two pieces, but not one of a watch without", () => {
    const fragments = assembler();
    fragments.push(piece([1n], { watchId: 1n }), ROOM);
    expect(fragments.push(message({ watchId: 1n, revision: 50n }), ROOM)).toBeUndefined();
    const notice = message({ watchId: 2n, revision: 50n });
    expect(fragments.push(notice, ROOM)).toBe(notice);
  });

  it("beyond maxBytes keeps the last revision also when the piece that is too much has no event", () => {
    const fragments = assembler();
    const one = piece([1n, 2n]);
    expect(fragments.push(one, { maxBytes: one.byteLength })).toBeUndefined();
    expect(revisions(fragments.push(piece([]), { maxBytes: one.byteLength }))).toEqual([1n]);
    expect(revisions(fragments.push(piece([2n], { fragment: false }), ROOM))).toEqual([2n, 2n]);
  });

  it("beyond maxBytes hands over the whole revisions so far, and keeps the one that may go on", () => {
    const fragments = assembler();
    const handed = fragments.push(piece([1n, 2n, 3n, 3n]), { maxBytes: 1 });
    expect(revisions(handed)).toEqual([1n, 2n]);
    expect(handed).toMatchObject({ fragment: false, lastRevision: 2 });
    expect(revisions(fragments.push(piece([3n, 4n], { fragment: false }), { maxBytes: 1 }))).toEqual([3n, 3n, 3n, 4n]);
  });

  it("holds a revision that is larger than maxBytes until it is whole", () => {
    const fragments = assembler();
    expect(fragments.push(piece([7n, 7n]), { maxBytes: 1 })).toBeUndefined();
    expect(fragments.push(piece([7n]), { maxBytes: 1 })).toBeUndefined();
    expect(revisions(fragments.push(piece([7n, 8n]), { maxBytes: 1 }))).toEqual([7n, 7n, 7n, 7n]);
  });

  it("gives up on a revision that is larger than the receive limit", () => {
    const fragments = assembler(100);
    expect(() => fragments.push(piece([7n, 7n, 7n, 7n]), { maxBytes: 1 })).toThrow(
      expect.objectContaining({ name: "RpcError", code: "RESOURCE_EXHAUSTED" }),
    );
  });

  it("loses nothing, tears no revision and holds little, however an answer was cut and whatever the limit", () => {
    const cuts = fc.array(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(cuts, fc.integer({ min: 1, max: 600 }), (steps, maxBytes) => {
        let revision = 1n;
        const pieces = steps.map((each) => each.map((step) => (revision += BigInt(step))));
        const fragments = assembler();
        const given: bigint[][] = [];
        let handedBytes = 0;
        let sentBytes = 0;
        for (const [index, each] of pieces.entries()) {
          const fragment = piece(each, { fragment: index < pieces.length - 1 });
          sentBytes += fragment.byteLength;
          const whole = fragments.push(fragment, { maxBytes });
          handedBytes += whole?.byteLength ?? 0;
          if (whole !== undefined) given.push(whole.events.map(({ kv }) => kv.modRevision));
          expect(whole?.lastRevision).toBe(whole?.events.at(-1)?.kv.modRevision64);
        }
        expect(given.flat()).toEqual(pieces.flat());
        expect(fragments.heldBytes).toBe(0);
        expect(handedBytes).toBe(sentBytes);
        for (const [index, each] of given.entries()) expect(each[0]).not.toBe(given[index - 1]?.at(-1));
      }),
    );
  });
});
