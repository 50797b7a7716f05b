import { Controller, EtcdClient, type Leadership, type LeadershipTerm, type Permit, type TxnComparison } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { deferred } from "../../../src/util/deferred.ts";
import { eventually } from "../../support/eventually.ts";

async function start() {
  const server = await MockEtcdServer.start();
  const client = new EtcdClient({ endpoints: server.endpoint });
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await client.close();
    await server.stop();
  });
  return { client, stop };
}

/** A term in which keys are this process's as the test says. */
class FakeTerm implements LeadershipTerm {
  readonly signal = new AbortController().signal;
  own = new Set<string>();
  asked: string[] = [];
  released = 0;
  #share = { number: 1, over: new AbortController() };
  #gained: ((isGained: (key: string) => boolean) => void) | undefined;

  get leadership(): Leadership {
    return { lead: () => Promise.resolve(this) };
  }

  readonly permit = (key: string): Permit | undefined => {
    this.asked.push(key);
    const fence: TxnComparison = { key: "ring", target: "mod", result: "=", value: this.#share.number };
    return this.own.has(key) ? { fence, signal: this.#share.over.signal } : undefined;
  };

  readonly onGained = (callback: (isGained: (key: string) => boolean) => void): (() => void) => {
    this.#gained = callback;
    return () => {
      this.#gained = undefined;
    };
  };

  get isListenedTo(): boolean {
    return this.#gained !== undefined;
  }

  move(...own: string[]): void {
    const { own: before } = this;
    this.own = new Set(own);
    const { number, over } = this.#share;
    this.#share = { number: number + 1, over: new AbortController() };
    over.abort(new Error("moved"));
    this.#gained?.((key) => this.own.has(key) && !before.has(key));
  }

  release(): Promise<void> {
    this.released++;
    return Promise.resolve();
  }
}

describe("A controller whose keys are shared", () => {
  it("skips those of others, and works on those that it gains, also on one that was deleted meanwhile", async () => {
    const { client, stop } = await start();
    const term = new FakeTerm();
    term.own.add("jobs/mine");
    const seen: string[] = [];
    for (const name of ["mine", "other", "theirs", "gone"]) await client.kv.put(`jobs/${name}`, name);
    const controller = new Controller(client, {
      prefix: "jobs/",
      leader: term.leadership,
      decode: (kv) => kv.valueText,
      reconcile: (key, { value, fence }) => {
        seen.push(`${key} ${value ?? "gone"} ${String(fence?.value)}`);
      },
    });
    const running = controller.run({ signal: stop.signal });
    await eventually(() => term.asked.length === 4);
    await client.kv.delete("jobs/gone");
    await eventually(() => term.asked.length === 5);
    expect(seen).toEqual(["jobs/mine mine 1"]);

    term.move("jobs/mine", "jobs/other", "jobs/gone");
    await eventually(() => seen.length === 3);
    expect(seen.slice(1).sort()).toEqual(["jobs/gone gone 2", "jobs/other other 2"]);
    expect(controller.metrics).toMatchObject({ depth: 0, running: 0, reconciled: { success: 3, error: 0 } });
    stop.abort();
    await running;
    expect([term.released, term.isListenedTo]).toEqual([1, false]);
  });

  it("aborts what runs when the members change, and runs it again with the new fence if the key is still its own", async () => {
    const { client, stop } = await start();
    const term = new FakeTerm();
    term.own = new Set(["jobs/stays", "jobs/leaves"]);
    const seen: string[] = [];
    const isWorking = deferred<undefined>();
    await client.kv.put("jobs/stays", "1");
    await client.kv.put("jobs/leaves", "1");
    const controller = new Controller(client, {
      prefix: "jobs/",
      leader: term.leadership,
      concurrency: 2,
      reconcile: async (key, { fence, attempt, signal }) => {
        seen.push(`${key} ${String(fence?.value)} attempt ${String(attempt)}`);
        if (fence?.value !== 1) return;
        if (seen.length === 2) isWorking.resolve(undefined);
        await new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            reject(signal.reason as Error);
          });
        });
      },
    });
    const running = controller.run({ signal: stop.signal });
    await isWorking.promise;
    term.move("jobs/stays");
    await eventually(() => seen.length === 3 && controller.metrics.running === 0);
    expect(seen.slice(0, 2).sort()).toEqual(["jobs/leaves 1 attempt 1", "jobs/stays 1 attempt 1"]);
    expect(seen[2]).toBe("jobs/stays 2 attempt 1");
    expect(controller.metrics).toMatchObject({ retries: 0, reconciled: { success: 1, error: 0 } });
    stop.abort();
    await running;
  });
});
