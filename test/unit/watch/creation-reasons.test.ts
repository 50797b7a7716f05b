import { describe, expect, it } from "vitest";
import { askedFor, settled, WatchCreated } from "../../../src/watch/watch-created.ts";
import { settle, watcherHarness } from "../../support/watcher-harness.ts";

describe("created", () => {
  it.each(["enough", "", 0, null, false, Symbol("enough"), { promise: 1, resolve: 2 }, Promise.resolve("enough")])(
    "rejects with the very reason of an abort (%s), asked for before or after",
    async (reason) => {
      for (const isAskedBefore of [true, false]) {
        const { watcher } = watcherHarness();
        const abort = new AbortController();
        const watch = watcher.watch("a", { signal: abort.signal });
        const before = isAskedBefore ? watch.created : undefined;
        await settle();
        abort.abort(reason);
        for (const created of [before ?? watch.created, watch.created]) {
          const outcome: unknown = await created.then(
            () => "created",
            (why: unknown) => [why],
          );
          expect(outcome).toEqual([reason]);
        }
        await watcher.close();
      }
    },
  );

  it("takes an Error that has a promise of its own for what it is", async () => {
    const error = Object.assign(new Error("enough"), { promise: 1, resolve: 2 });
    await expect(askedFor(settled(undefined, error)).promise).rejects.toBe(error);
  });

  it("counts the first word alone, asked for or not", async () => {
    const [first, second] = [new WatchCreated(1n), new WatchCreated(2n)];
    await expect(askedFor(settled(settled(undefined, first), second)).promise).resolves.toBe(first);
    await expect(askedFor(settled(settled(undefined, new Error("first")), second)).promise).rejects.toThrow("first");
    const { creation, promise } = askedFor(undefined);
    expect(settled(settled(creation, first), second)).toBe(promise);
    await expect(promise).resolves.toBe(first);
  });
});
