import { Informer, type KeyValue, type LeadershipTerm, TerminalError } from "etcd-watch";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Deferred, deferred } from "../../../src/util/deferred.ts";
import { ControllerStage } from "../../support/controller-stage.ts";
import { settle } from "../../support/watcher-harness.ts";

/** Terms that begin and end when the test says so. */
function leadership() {
  const asked: Deferred<LeadershipTerm>[] = [];
  let released = 0;
  return {
    leader: {
      lead({ signal }: { readonly signal: AbortSignal }): Promise<LeadershipTerm> {
        const term = deferred<LeadershipTerm>();
        signal.addEventListener("abort", () => {
          term.reject(signal.reason as Error);
        });
        asked.push(term);
        return term.promise;
      },
    },
    /** Gives the lead; what it returns ends it. */
    async give(): Promise<AbortController> {
      const over = new AbortController();
      asked.at(-1)?.resolve({
        signal: over.signal,
        release: () => {
          released++;
          return Promise.resolve();
        },
      });
      await settle();
      return over;
    },
    get asked() {
      return asked.length;
    },
    get released() {
      return released;
    },
  };
}

describe("Controller", () => {
  it("[rule 16] waits longer after each failure, and begins anew after a success and after a requeueAfterMs", async () => {
    const player = new ControllerStage();
    await player.stage.write({ "k/a": "1" });
    await player.start();
    for (const [attempt, delayMs] of [5, 10, 20].entries()) {
      expect(player.last.context.attempt).toBe(attempt + 1);
      await player.fail();
      await player.stage.pass(delayMs - 1);
      expect(player.runs).toHaveLength(attempt + 1);
      await player.stage.pass(1);
    }
    await player.finish({ requeueAfterMs: 100 });
    await player.stage.pass(99);
    expect(player.runs).toHaveLength(4);
    await player.stage.pass(1);
    expect(player.last.context.attempt).toBe(1);
    await player.fail();
    await player.stage.pass(5);
    expect(player.last.context.attempt).toBe(2);
    await player.fail(new TerminalError("never"));
    await player.stage.pass(3_600_000);
    expect(player.runs).toHaveLength(6);
    await player.stage.write({ "k/a": "2" });
    expect(player.last.context.attempt).toBe(1);
  });

  it("[rule 16] a requeueAfterMs that is no time is an error and retried with a delay, not a loop at full speed", async () => {
    const player = new ControllerStage();
    await player.stage.write({ "k/a": "1" });
    await player.start();
    await player.finish({ requeueAfterMs: NaN });
    await player.stage.pass(4);
    expect(player.runs).toHaveLength(1);
    await player.stage.pass(1);
    expect([player.runs.length, player.last.context.attempt, player.controller.metrics.reconciled.error]).toEqual([2, 2, 1]);
  });

  it("[rule 17] a change that comes while the first list is worked on comes before the rest of it", async () => {
    const player = new ControllerStage();
    await player.stage.write({ "k/a": "1", "k/b": "1", "k/c": "1" });
    await player.start();
    await player.stage.write({ "k/c": "2", "k/d": "2" });
    for (let left = 4; left > 0; left--) await player.finish();
    expect(player.seen).toEqual(["a 1", "c 2", "d 2", "b 1"]);
  });

  it("[rule 18] it is told which key, and reads what is: states that were overtaken are not seen, and none is missing at the end", async () => {
    const player = new ControllerStage();
    await player.stage.write({ "k/a": "1" });
    await player.start();
    for (const value of ["2", "3", undefined, "4", undefined]) await player.stage.write({ "k/a": value });
    await player.finish();
    await player.finish();
    expect(player.seen).toEqual(["a 1", "a undefined"]);
    expect(Object.keys(player.last.context).sort()).toEqual(["attempt", "fence", "informer", "signal", "value"]);
  });

  it("[rule 19] starts its sources, and waits until all of them are in sync, also one that somebody else has started", async () => {
    const player = new ControllerStage();
    const { stage } = player;
    await stage.write({ "k/a": "1", "other/x": "k/b" });
    const source = new Informer(stage.client, { prefix: "other/", decode: (kv: KeyValue) => kv.valueText });
    onTestFinished(() => source.stop());
    stage.faults.push("no answer");
    const isSynced = source.start();
    await player.start({ sources: [{ informer: source, keys: ({ value }) => value as string | undefined }] });
    expect([player.controller.informer.isSynced, source.isSynced, player.runs.length]).toEqual([true, false, 0]);
    stage.answerHanging();
    await isSynced;
    await stage.serve();
    await player.finish();
    expect(player.seen.sort()).toEqual(["a 1", "b undefined"]);
    player.stop.abort();
    await player.finish();
    expect([player.outcome, player.controller.informer.isStarted]).toEqual(["resolved", true]);
    await stage.write({ "other/x": "k/c" });
    expect(source.get("other/x")).toBe("k/c"); // it is its owner's still
  });

  it("[rule 19] gives up loudly when a list is not complete within two minutes", async () => {
    const player = new ControllerStage();
    player.stage.faults.push("no answer");
    await player.start();
    await player.stage.pass(119_999);
    expect(player.outcome).toBe("pending");
    await player.stage.pass(1);
    expect(player.outcome).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(player.stage.clock.pendingTimers).toBe(0);
  });

  it("[rule 19] works on one key at a time by default, and on as many as it is told", async () => {
    for (const concurrency of [undefined, 2]) {
      const player = new ControllerStage();
      await player.stage.write({ "k/a": "1", "k/b": "1", "k/c": "1" });
      await player.start({ concurrency });
      expect(player.runs).toHaveLength(concurrency ?? 1);
    }
  });

  it("[rule 20] told to stop: takes nothing more, lets what runs finish for half a minute, aborts its signal then, and gives it up at last", async () => {
    const player = new ControllerStage();
    const { stage } = player;
    await stage.write({ "k/a": "1", "k/b": "1" });
    await player.start();
    player.stop.abort();
    await stage.pass(29_999);
    expect([player.last.context.signal.aborted, player.outcome]).toEqual([false, "pending"]);
    await stage.pass(1);
    expect([player.last.context.signal.aborted, player.outcome]).toEqual([true, "pending"]);
    await stage.pass(4_999); // it does not listen
    expect(player.outcome).toBe("pending");
    await stage.pass(1);
    expect([player.outcome, player.runs.length, stage.clock.pendingTimers]).toEqual(["resolved", 1, 0]);
    expect(stage.harness.log).toContain("error: Keys are worked on still, though their signal was aborted: they are given up");
  });

  it("[rule 20] told to stop in the midst of its first list, it ends at once and quietly", async () => {
    const player = new ControllerStage();
    player.stage.faults.push("no answer");
    await player.start();
    player.stop.abort();
    await player.stage.pass(0);
    expect([player.outcome, player.runs.length, player.stage.clock.pendingTimers]).toEqual(["resolved", 0, 0]);
  });

  it("[rule 21] aborts at once what runs when the lead is lost, releases it when nothing runs any more, and stands again", async () => {
    const player = new ControllerStage();
    const terms = leadership();
    await player.stage.write({ "k/a": "1" });
    await player.start({ leader: terms.leader });
    const over = await terms.give();
    over.abort(new Error("lost"));
    await player.stage.pass(0);
    expect([player.last.context.signal.aborted, terms.released, terms.asked]).toEqual([true, 0, 1]);
    await player.finish();
    expect([terms.released, terms.asked]).toEqual([1, 2]);
  });

  it("[rule 21] one that ignores its signal is given up with the lead, and its key is not worked on twice at once under the next one", async () => {
    const player = new ControllerStage();
    const terms = leadership();
    await player.stage.write({ "k/a": "1", "k/b": "1" });
    await player.start({ leader: terms.leader, concurrency: 2 });
    const over = await terms.give();
    const [deaf, other] = player.runs;
    over.abort(new Error("lost"));
    other?.end.resolve(undefined);
    await player.stage.pass(30_000);
    await player.stage.pass(5_000);
    expect([terms.released, terms.asked]).toEqual([1, 2]);
    await terms.give();
    await player.stage.pass(0);
    expect(player.seen).toEqual(["a 1", "b 1", "b 1"]);
    deaf?.end.resolve(undefined);
    await player.stage.pass(0);
    expect(player.seen).toEqual(["a 1", "b 1", "b 1", "a 1"]);
  });

  it("[rule 22] fills its cache while another one leads, and begins with it", async () => {
    const player = new ControllerStage();
    const terms = leadership();
    await player.stage.write({ "k/a": "1" });
    await player.start({ leader: terms.leader });
    await player.stage.write({ "k/a": "2", "k/b": "2" });
    expect([player.controller.informer.list().sort(), player.runs.length]).toEqual([["2", "2"], 0]);
    const reads = player.stage.reads.length;
    await terms.give();
    await player.finish();
    expect([player.seen, player.stage.reads.length]).toEqual([["a 2", "b 2"], reads]);
  });

  it("[rule 23] counts what operators expect", async () => {
    const player = new ControllerStage();
    const { stage } = player;
    await stage.write({ "k/a": "1", "k/b": "1", "k/c": "1" });
    const source = new Informer(stage.client, { prefix: "other/" });
    await player.start({ concurrency: 2, sources: [{ informer: source, keys: () => undefined }] });
    await stage.pass(7);
    expect(player.controller.metrics).toMatchObject({ depth: 1, running: 2, longestRunningMs: 7, unfinishedMs: 14, adds: 3, retries: 0 });
    player.runs[0]?.end.resolve(undefined);
    player.runs[1]?.end.reject(new Error("not yet"));
    await settle();
    await stage.pass(3);
    const { metrics } = player.controller;
    expect(metrics).toMatchObject({ depth: 0, running: 1, delayed: 1, retries: 1, reconciled: { success: 1, error: 1 } });
    expect([metrics.queued, metrics.worked]).toEqual([
      { count: 3, sumMs: 7, maxMs: 7 },
      { count: 2, sumMs: 14, maxMs: 7 },
    ]);
    stage.connection.end();
    await stage.write({ "k/a": "2" });
    stage.compact();
    await stage.serve();
    await stage.pass(1_000);
    expect(player.controller.metrics.relists).toEqual({ compacted: 2 }); // of both sources
  });

  it("a key that cannot be decoded is not one that is gone: it is left alone until it has changed", async () => {
    const player = new ControllerStage();
    const decode = (kv: KeyValue): string => {
      if (kv.valueText === "bad") throw new Error("no good");
      return kv.valueText;
    };
    await player.stage.write({ "k/bad": "bad" });
    await player.start({ decode });
    await player.stage.write({ "k/bad": "bad", "k/new": "bad" });
    expect([player.seen, player.controller.metrics.reconciled.terminalError]).toEqual([[], 3]);
    await player.stage.write({ "k/bad": undefined });
    await player.finish();
    await player.stage.write({ "k/new": "1" });
    await player.finish();
    expect(player.seen).toEqual(["bad undefined", "new 1"]);
  });

  it.each(["alone", "with a leader"])("stops when an informer is stopped on which it stands, %s", async (how) => {
    const player = new ControllerStage();
    const terms = leadership();
    const source = new Informer(player.stage.client, { prefix: "other/" });
    await player.start({ sources: [{ informer: source, keys: () => undefined }], leader: how === "alone" ? undefined : terms.leader });
    if (how !== "alone") await terms.give();
    await source.stop();
    await player.stage.pass(0);
    expect(player.outcome).toBe("resolved");
    expect(terms.asked).toBe(how === "alone" ? 0 : 1);
    expect(player.stage.harness.log).toContain("warn: An informer was stopped on which a controller stands, and so the controller stops");
  });
});
