import { describe, expect, it } from "vitest";
import { Inbox } from "../../../../src/mock-server/scripted/inbox.ts";

describe("Inbox", () => {
  it("hands items out in order, whether they or the takers come first", async () => {
    const inbox = new Inbox<number>("number");
    inbox.put(1);
    const [first, second, third] = [inbox.take(), inbox.take(), inbox.take()];
    inbox.put(2);
    inbox.put(3);
    expect(await Promise.all([first, second, third])).toEqual([1, 2, 3]);
  });

  it("loses nothing to a taker that has given up", async () => {
    const inbox = new Inbox<number>("number");
    await expect(inbox.take(1)).rejects.toThrow("No number within 1 ms");
    inbox.put(1);
    expect(await inbox.take()).toBe(1);
  });

  it("tells those who wait, and those who come later, that it is closed, but hands out what it holds", async () => {
    const inbox = new Inbox<number>("number");
    const waiting = inbox.take();
    inbox.close(new Error("over"));
    await expect(waiting).rejects.toThrow("over");
    inbox.put(1);
    expect(await inbox.take()).toBe(1);
    await expect(inbox.take()).rejects.toThrow("over");
  });
});
