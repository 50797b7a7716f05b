import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResponseHeader } from "../../../src/model/response-header.ts";
import { BufferedResponse, EventBuffer } from "../../../src/watch/event-buffer.ts";
import { WatchResponse } from "../../../src/watch/watch-response.ts";

const response = new WatchResponse(ResponseHeader.from(undefined), [], false);
const buffered = (byteLength: number): BufferedResponse => new BufferedResponse(response, byteLength, byteLength);

describe("EventBuffer", () => {
  it("hands out in order what was put in, and undefined when it is empty", () => {
    const buffer = new EventBuffer();
    const [one, two] = [buffered(1), buffered(2)];
    buffer.push(one);
    buffer.push(two);
    expect([buffer.shift(), buffer.shift(), buffer.shift()]).toEqual([one, two, undefined]);
  });

  it("hands out nothing that leads to what is still in it: who keeps a response must not keep those behind it", () => {
    const buffer = new EventBuffer();
    for (const byteLength of [1, 2, 3]) buffer.push(buffered(byteLength));
    expect(buffer.shift()?.following).toBeUndefined();
    expect(buffer.shift()?.following).toBeUndefined();
    expect(buffer.size).toBe(1);
  });

  it("counts as an array of the same responses would", () => {
    const operation = fc.oneof(fc.record({ push: fc.nat(1_000) }), fc.constant("shift"), fc.constant("clear"));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 50 }), (operations) => {
        const buffer = new EventBuffer();
        let model: number[] = [];
        for (const each of operations) {
          if (typeof each === "object") {
            buffer.push(buffered(each.push));
            model.push(each.push);
          } else if (each === "shift") expect(buffer.shift()?.byteLength).toBe(model.shift());
          else {
            buffer.clear();
            model = [];
          }
          expect(buffer.size).toBe(model.length);
          expect(buffer.byteLength).toBe(model.reduce((sum, bytes) => sum + bytes, 0));
        }
      }),
    );
  });
});
