import { describe, expect, it } from "vitest";
import { askedFor, type Creation, settled, WatchCreated } from "../../../src/watch/watch-created.ts";
import { settle } from "../../support/watcher-harness.ts";

const created = new WatchCreated(7n);
const refused = new Error("refused");

describe("whether a watch was created", () => {
  it("is told to who asks before the word, after it, and again: the same promise each time", async () => {
    const before = askedFor(undefined);
    const told = settled(before.creation, created);
    expect(askedFor(before.creation).promise).toBe(before.promise);
    expect(askedFor(told).promise).toBe(before.promise);
    expect(await before.promise).toBe(created);

    const after = askedFor(settled(undefined, created));
    expect(askedFor(after.creation).promise).toBe(after.promise);
    expect(await after.promise).toBe(created);
    await expect(askedFor(settled(undefined, refused)).promise).rejects.toBe(refused);
    const waiting = askedFor(undefined);
    void settled(waiting.creation, refused);
    await expect(waiting.promise).rejects.toBe(refused);
  });

  it("is what the first word says: a watch that ends later was created all the same", async () => {
    expect(settled(settled(undefined, created), refused)).toBe(created);
    expect(settled(settled(undefined, refused), created)).toBe(refused);
    const { creation, promise } = askedFor(undefined);
    void settled(settled(creation, created), refused);
    expect(await promise).toBe(created);
  });

  it("rejects nobody who does not look", async () => {
    const rejections: unknown[] = [];
    const note = (reason: unknown): number => rejections.push(reason);
    process.on("unhandledRejection", note);
    const asks: readonly ((creation: Creation) => Creation)[] = [
      (creation) => settled(askedFor(creation).creation, refused),
      (creation) => askedFor(settled(creation, refused)).creation,
    ];
    for (const ask of asks) void ask(undefined);
    await settle();
    await settle();
    process.off("unhandledRejection", note);
    expect(rejections).toEqual([]);
  });
});
