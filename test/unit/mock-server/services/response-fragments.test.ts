import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WatchResponse } from "../../../../src/gen/rpc.ts";
import { splitResponse } from "../../../../src/mock-server/services/response-fragments.ts";

function responseOf(sizes: readonly number[]): WatchResponse {
  const events = sizes.map((size, index) => ({
    type: 0 as const,
    kv: {
      key: Buffer.from(`k${index}`),
      value: Buffer.alloc(size),
      modRevision: BigInt(index + 2),
      createRevision: 2n,
      version: 1n,
      lease: 0n,
    },
    prevKv: undefined,
  }));
  const header = { clusterId: 2n ** 63n + 1n, memberId: 2n ** 62n, revision: 1_000_000n, raftTerm: 2n };
  return { ...WatchResponse.fromPartial({ watchId: 3n }), header, events };
}

function encodedBytes(response: WatchResponse): number {
  return WatchResponse.encode(response).finish().length;
}

describe("splitResponse()", () => {
  it("makes pieces below the limit, as few as a greedy hand makes, and loses nothing", () => {
    const limitBytes = 1_000;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_200 }), { maxLength: 30 }), (sizes) => {
        const response = responseOf(sizes);
        const pieces = splitResponse(response, limitBytes);
        expect(pieces.flatMap(({ events }) => events)).toEqual(response.events);
        expect(pieces.map(({ fragment }) => fragment)).toEqual(pieces.map((_, index) => index < pieces.length - 1));
        for (const [index, piece] of pieces.entries()) {
          expect(piece.header).toEqual(response.header);
          if (piece.events.length > 1) expect(encodedBytes({ ...piece, fragment: true })).toBeLessThan(limitBytes + 2);
          const next = pieces[index + 1]?.events[0];
          if (next !== undefined) expect(encodedBytes({ ...piece, events: [...piece.events, next] })).toBeGreaterThanOrEqual(limitBytes);
        }
        if (encodedBytes(response) < limitBytes) expect(pieces).toHaveLength(1);
      }),
    );
  });
});
