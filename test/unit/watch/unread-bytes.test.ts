import { describe, expect, it } from "vitest";
import { BufferedResponse, EventBuffer } from "../../../src/watch/event-buffer.ts";
import { UnreadBytes } from "../../../src/watch/unread-bytes.ts";
import { ResponseHeader } from "../../../src/model/response-header.ts";
import { WatchResponse } from "../../../src/watch/watch-response.ts";

const response = new WatchResponse(ResponseHeader.from(undefined), [], false);
const buffered = (byteLength: number): BufferedResponse => new BufferedResponse(response, byteLength, 1);

describe("UnreadBytes", () => {
  it("lets each watch hold its own bound while all together are below the ceiling, and an equal share of it above", () => {
    const unread = new UnreadBytes(1_000);
    for (let watch = 0; watch < 4; watch++) unread.enter();
    const limits = (): number[] => [unread.limit(100), unread.limit(5_000)];
    unread.add(1_000);
    expect(limits()).toEqual([100, 5_000]);
    unread.add(1);
    expect(limits()).toEqual([100, 250]);
    unread.leave();
    unread.leave();
    expect(limits()).toEqual([100, 500]);
    unread.add(-1);
    expect(limits()).toEqual([100, 5_000]);
  });

  it("counts what buffers hold, until their watch has ended", () => {
    const unread = new UnreadBytes(1_000);
    const [one, two] = [new EventBuffer(unread), new EventBuffer(unread)];
    one.push(buffered(5));
    one.push(buffered(7));
    two.push(buffered(100));
    expect(unread.bytes).toBe(112);
    one.shift();
    expect(unread.bytes).toBe(107);
    two.close(); // its reader may never come for the rest
    expect(unread.bytes).toBe(7);
    two.shift();
    one.clear();
    expect([unread.bytes, two.byteLength, one.byteLength]).toEqual([0, 0, 0]);
  });
});
