import { Controller, EtcdClient, Informer, type InformerChange, TerminalError } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { describe, expect, it, onTestFinished } from "vitest";
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
  return { server, client, stop };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      reject(signal.reason as Error);
    });
  });
}

describe("Controller", () => {
  it("reconciles what is there, what changes, and what goes", async () => {
    const { client, stop } = await start();
    await client.kv.put("jobs/a", "1");
    const seen: string[] = [];
    const controller = new Controller(client, {
      prefix: "jobs/",
      decode: (kv) => kv.valueText,
      reconcile: (key, { value }) => {
        seen.push(`${key} ${value ?? "gone"}`);
      },
    });
    const running = controller.run({ signal: stop.signal });
    await eventually(() => seen.length === 1);
    await client.kv.put("jobs/a", "2");
    await eventually(() => seen.length === 2);
    await client.kv.delete("jobs/a");
    await eventually(() => seen.length === 3);
    stop.abort();
    await running;
    expect(seen).toEqual(["jobs/a 1", "jobs/a 2", "jobs/a gone"]);
    expect(controller.metrics).toMatchObject({ depth: 0, running: 0, adds: 3, reconciled: { success: 3, error: 0 } });
  });

  it("[rule 14] runs a key once at a time, and once more after many changes", async () => {
    const { client, stop } = await start();
    let running = 0;
    let most = 0;
    const values: (string | undefined)[] = [];
    const controller = new Controller(client, {
      prefix: "jobs/",
      concurrency: 8,
      decode: (kv) => kv.valueText,
      reconcile: async (_, { value }) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 30));
        values.push(value);
        running--;
      },
    });
    const done = controller.run({ signal: stop.signal });
    for (let write = 1; write <= 20; write++) await client.kv.put("jobs/a", String(write));
    await eventually(() => values.at(-1) === "20");
    stop.abort();
    await done;
    expect(most).toBe(1);
    expect(values.length).toBeLessThan(20);
  });

  it("[rule 16] tries a failure again with growing delays, and tells the attempt; a TerminalError it leaves alone", async () => {
    const { client, stop } = await start();
    await client.kv.put("jobs/flaky", "1");
    await client.kv.put("jobs/wrong", "1");
    const attempts: number[] = [];
    let wrong = 0;
    const controller = new Controller(client, {
      prefix: "jobs/",
      decode: (kv) => kv.valueText,
      reconcile: (key, { attempt, value }) => {
        if (key === "jobs/wrong") {
          wrong++;
          throw new TerminalError("never");
        }
        attempts.push(attempt);
        if (attempt < 4 && value === "1") throw new Error("not yet");
      },
    });
    const running = controller.run({ signal: stop.signal });
    await eventually(() => attempts.length === 4);
    await client.kv.put("jobs/flaky", "2");
    await eventually(() => attempts.length === 5);
    stop.abort();
    await running;
    expect(attempts).toEqual([1, 2, 3, 4, 1]);
    expect(wrong).toBe(1);
    expect(controller.metrics).toMatchObject({ retries: 3, reconciled: { success: 2, error: 3, terminalError: 1 } });
  });

  it("comes back to a key when asked to, and sooner if it changes", async () => {
    const { client, stop } = await start();
    await client.kv.put("jobs/a", "1");
    let runs = 0;
    const controller = new Controller(client, {
      prefix: "jobs/",
      reconcile: () => (++runs < 3 ? { requeueAfterMs: 10 } : { requeueAfterMs: 3_600_000 }),
    });
    const running = controller.run({ signal: stop.signal });
    await eventually(() => runs === 3);
    await eventually(() => controller.metrics.delayed === 1);
    await client.kv.put("jobs/a", "2");
    await eventually(() => runs === 4);
    stop.abort();
    await running;
    expect(controller.metrics.reconciled.requeueAfter).toBe(4);
  });

  it("works for another source too, on the keys that it names, and leaves a running informer to its owner", async () => {
    const { client, stop } = await start();
    const nodes = new Informer(client, { prefix: "nodes/", decode: (kv) => kv.valueText });
    await nodes.start();
    onTestFinished(() => nodes.stop());
    const seen: string[] = [];
    const controller = new Controller(client, {
      prefix: "jobs/",
      sources: [{ informer: nodes, keys: ({ value }: InformerChange<string>) => value }],
      reconcile: (key) => {
        seen.push(key);
      },
    });
    const running = controller.run({ signal: stop.signal });
    await client.kv.put("nodes/1", "jobs/a");
    await eventually(() => seen.includes("jobs/a"));
    await client.kv.put("nodes/1", "jobs/b");
    await eventually(() => seen.includes("jobs/b"));
    stop.abort();
    await running;
    expect(nodes.isSynced).toBe(true);
    await client.kv.put("nodes/2", "jobs/c");
    await eventually(() => nodes.has("nodes/2"));
  });

  it("[rule 19] fails loudly if its lists do not come in time", async () => {
    const { server, client } = await start();
    await client.ready();
    server.faults.pause();
    const controller = new Controller(client, { prefix: "jobs/", syncTimeoutMs: 100, reconcile: () => undefined });
    await expect(controller.run()).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    server.faults.resume();
    await expect(controller.run()).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("[rule 20] lets what runs finish, and aborts its signal when its time is over", async () => {
    const { client, stop } = await start();
    await client.kv.put("jobs/a", "1");
    const events: string[] = [];
    const controller = new Controller(client, {
      prefix: "jobs/",
      drainTimeoutMs: 50,
      reconcile: async (_, { signal }) => {
        events.push("begun");
        await new Promise((resolve) => {
          signal.addEventListener("abort", resolve);
        });
        events.push("told to end");
      },
    });
    const running = controller.run({ signal: stop.signal });
    await eventually(() => events.length === 1);
    stop.abort();
    await running;
    expect(events).toEqual(["begun", "told to end"]);
  });

  it("[rules 21 and 22] fills its cache while another one leads, works while it leads, and releases only after its work has ended", async () => {
    const { client, stop } = await start();
    await client.kv.put("jobs/a", "1");
    const events: string[] = [];
    let lead = (): void => undefined;
    const term = new AbortController();
    const controller = new Controller(client, {
      prefix: "jobs/",
      leader: {
        async lead({ signal }) {
          if (term.signal.aborted) await aborted(signal);
          await new Promise<void>((resolve) => (lead = resolve));
          return {
            signal: term.signal,
            release: () => {
              events.push("released");
              return Promise.resolve();
            },
          };
        },
      },
      reconcile: async (_, { signal }) => {
        events.push("begun");
        await new Promise((resolve) => {
          signal.addEventListener("abort", resolve);
        });
        events.push("ended");
      },
    });
    const running = controller.run({ signal: stop.signal });
    await eventually(() => controller.informer.isSynced);
    expect(events).toEqual([]);
    lead();
    await eventually(() => events.length === 1);
    term.abort(new Error("lost"));
    await eventually(() => events.length === 3);
    expect(events).toEqual(["begun", "ended", "released"]);
    stop.abort();
    await running;
  });

  it.each([
    [{ concurrency: 0 }, RangeError],
    [{ retry: { baseMs: -1 } }, RangeError],
    [{ retry: { base: 1 } }, TypeError],
    [{ reconcile: "no function" }, TypeError],
    [{ prefixes: ["a"] }, TypeError],
    [{ resyncIntervalMs: 10 }, RangeError],
    [{ leader: "me" }, TypeError],
    [{ prefix: undefined }, TypeError],
  ])("refuses %o", async (wrong, type) => {
    const { client } = await start();
    const options = { prefix: "jobs/", reconcile: () => undefined, ...wrong } as never;
    expect(() => new Controller(client, options)).toThrow(type);
  });
});
