import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeWatchMessage } from "../../../src/codec/watch-message.ts";
import { WatchResponse } from "../../../src/gen/rpc.ts";
import { asBigInt, asInt64, successor } from "../../../src/model/int64.ts";

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;
const edges = [0n, 1n, 127n, 128n, 2n ** 28n, 2n ** 31n, 2n ** 32n, 2n ** 49n, 2n ** 53n, 2n ** 62n].flatMap((edge) => [
  edge - 1n,
  edge,
  edge + 1n,
]);
const anyInt64 = fc.oneof(fc.constantFrom(...edges, ...edges.map((edge) => -edge), MIN, MIN + 1n, MAX - 1n, MAX), fc.bigInt(MIN, MAX));

describe("an Int64", () => {
  it("comes out as it went in", () => {
    fc.assert(
      fc.property(anyInt64, (value) => {
        expect(asBigInt(asInt64(value))).toBe(value);
      }),
    );
  });

  it("has the form that the decoder gives it, so that equal ones are the same", () => {
    fc.assert(
      fc.property(anyInt64, (watchId) => {
        const bytes = Buffer.from(WatchResponse.encode(WatchResponse.fromPartial({ watchId })).finish());
        expect(decodeWatchMessage(bytes).watchId).toBe(asInt64(watchId));
      }),
    );
  });

  it("has a successor of the right form", () => {
    fc.assert(
      fc.property(anyInt64, (value) => {
        expect(successor(asInt64(value))).toBe(asInt64(value + 1n));
      }),
    );
  });

  it("is ordered as the value is, whatever the forms", () => {
    fc.assert(
      fc.property(anyInt64, anyInt64, (one, other) => {
        expect(asInt64(one) < asInt64(other)).toBe(one < other);
        expect(asInt64(one) === asInt64(other)).toBe(one === other);
      }),
    );
  });
});
