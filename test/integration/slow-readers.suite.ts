import type { EtcdClient, Revision } from "etcd-watch";
import { expect, it } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { eventually, within } from "../support/eventually.ts";
import { brief, observe } from "../support/observe.ts";
import type { Suite } from "../support/servers.ts";
import { put, writeTogether } from "../support/writes.ts";

const KIB = 1_024;
/** What etcd takes in one transaction. */
const TXN_PUTS = 128;

/** `count` puts in transactions of 128, with their number as the value. Returns the last revision. */
async function flood(client: EtcdClient, prefix: string, count: number, valueBytes = 0): Promise<Revision> {
  let last = 0n;
  for (let from = 0; from < count; from += TXN_PUTS) {
    const size = Math.min(TXN_PUTS, count - from);
    const writes = Array.from({ length: size }, (_, index) => ({
      put: `${prefix}${String(index)}`,
      value: String(from + index).padEnd(valueBytes),
    }));
    last = await writeTogether(client, writes);
  }
  return last;
}

export const slowReaders: Suite = (server) => {
  it("[175] a reader who sleeps while 100,000 events are written loses none, and holds no more than its buffer", async () => {
    const [client, writer] = [connect(server.endpoint), connect(server.endpoint)];
    const prefix = uniquePrefix();
    const maxBytes = 256 * KIB;
    const watch = client.watch(prefix, { prefix: true, buffer: { maxBytes } });
    const other = client.watch(prefix, { metadata: { other: "stream" } });
    await Promise.all([watch.created, other.created]);
    await flood(writer, prefix, 100_000);
    await eventually(() => watch.status.state === "parked");
    // one answer more may be held: of an event that is of one transaction, or of a catch-up of 1,000 revisions
    const largestAnswer = 1_000 * TXN_PUTS * (prefix.length + 40);
    let [count, largest] = [0, 0];
    for await (const event of watch.events()) {
      if (event.kv.valueText !== String(count)) throw new Error(`event ${String(count)} is ${event.kv.valueText}`);
      largest = Math.max(largest, watch.status.bufferedBytes);
      if (++count === 100_000) break;
    }
    expect(count).toBe(100_000);
    expect(largest).toBeLessThan(maxBytes + largestAnswer);
  }, 60_000);

  it("[176] a reader who sleeps does not delay another on the same stream", async () => {
    const [client, writer] = [connect(server.endpoint), connect(server.endpoint)];
    const prefix = uniquePrefix();
    const [slow, fast] = [client.watch(prefix, { prefix: true, buffer: { maxBytes: 64 * KIB } }), client.watch(prefix, { prefix: true })];
    const seenFast = observe(fast);
    await Promise.all([slow.created, fast.created]);
    await flood(writer, prefix, 2_560, 100);
    await seenFast.waitForEvents(2_560);
    await eventually(() => slow.status.state === "parked");
    const last = await put(writer, `${prefix}last`);
    const events = await within(2_000, "the event of the fast reader", seenFast.waitForRevision(last));
    expect(events).toHaveLength(2_561);
    expect((await observe(slow).waitForRevision(last)).map(brief)).toEqual(events.map(brief));
  });

  it("fifty slow readers together hold no more than twice the client's ceiling and an answer each, and miss nothing", async () => {
    const maxTotalBytes = 256 * KIB;
    const [client, writer] = [connect(server.endpoint, { watchBuffer: { maxTotalBytes } }), connect(server.endpoint)];
    const prefix = uniquePrefix();
    const watches = Array.from({ length: 50 }, () => client.watch(prefix, { prefix: true }));
    await Promise.all(watches.map(({ created }) => created));
    const [count, valueBytes] = [1_000, 1_000];
    let held = 0;
    for (let from = 0; from < count; from += 20) {
      const writes = Array.from({ length: 20 }, (_, index) => ({
        put: `${prefix}${String(index)}`,
        value: String(from + index).padEnd(valueBytes),
      }));
      await writeTogether(writer, writes);
      held = Math.max(
        held,
        watches.reduce((sum, { status }) => sum + status.bufferedBytes, 0),
      );
    }
    await eventually(() => watches.every(({ status }) => status.state === "parked"));
    const largestAnswer = 20 * (valueBytes + 2 * prefix.length + 50);
    expect(held).toBeGreaterThan(maxTotalBytes / 2);
    expect(held).toBeLessThan(2 * maxTotalBytes + watches.length * largestAnswer);
    for (const watch of watches) {
      let next = 0;
      for await (const { kv } of watch.events()) {
        if (Number(kv.valueText) !== next) throw new Error(`event ${String(next)} is ${kv.valueText.trim()}`);
        if (++next === count) break;
      }
      expect(next).toBe(count);
    }
  }, 60_000);

  it("[178] a reader who sleeps and then aborts is done at once, and its buffer is freed", async () => {
    const [client, writer] = [connect(server.endpoint), connect(server.endpoint)];
    const prefix = uniquePrefix();
    const aborting = new AbortController();
    const watch = client.watch(prefix, { prefix: true, signal: aborting.signal });
    await watch.created;
    await flood(writer, prefix, 1_280, 100);
    await eventually(() => watch.status.bufferedBytes > 100 * KIB);
    aborting.abort();
    const seen = observe(watch);
    expect(await within(1_000, "the end of the watch", seen.ended)).toBe("quietly");
    expect([seen.responses.length, watch.status.bufferedBytes, watch.status.bufferedResponses]).toEqual([0, 0, 0]);
    await eventually(async () => (await server.current.watchers()) === 0);
  });

  it("[179] 10,000 watches are created on one stream", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const startedAtMs = performance.now();
    const watches = Array.from({ length: 10_000 }, (_, index) => client.watch(prefix + String(index)));
    await Promise.all(watches.map((watch) => watch.created));
    console.log(`10,000 watches were created in ${String(Math.round(performance.now() - startedAtMs))} ms`);
    expect([await server.current.watchers(), await server.current.streams()]).toEqual([10_000, 1]);
    const seen = observe(watches[9_999] ?? client.watch(prefix));
    await put(client, `${prefix}9999`, "alive");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${prefix}9999=alive`]);
  }, 60_000);

  it("[180] watches that are cancelled while the server floods them block neither side", async () => {
    const [client, writer] = [connect(server.endpoint), connect(server.endpoint)];
    const prefix = uniquePrefix();
    const kept = client.watch(prefix, { prefix: true });
    const others = Array.from({ length: 100 }, () => client.watch(prefix, { prefix: true }));
    const [seenKept, seen] = [observe(kept), others.map(observe)];
    await Promise.all([kept, ...others].map((watch) => watch.created));
    const flooding = flood(writer, prefix, 6_400);
    for (const [index, watch] of others.entries()) {
      await seenKept.waitForEvents(index * 50);
      watch.cancel();
    }
    const last = await flooding;
    expect(await within(5_000, "the last event", seenKept.waitForRevision(last))).toHaveLength(6_400);
    expect(new Set(await Promise.all(seen.map(({ ended }) => ended)))).toEqual(new Set(["quietly"]));
    await eventually(async () => (await server.current.watchers()) === 1);
  }, 30_000);
};
