import { expect, it } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { brief, observe } from "../support/observe.ts";
import type { Suite } from "../support/servers.ts";
import { put, remove, writeTogether } from "../support/writes.ts";

const BEYOND_DOUBLE = 2n ** 53n + 1n;
const LARGEST = 2n ** 63n - 1n;

export const startRevision: Suite = (server) => {
  it.each([BEYOND_DOUBLE, LARGEST])("[16] start revision %d is kept unrounded, and is quiet", async (revision) => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const future = client.watch(key, { startRevision: revision });
    const now = client.watch(key);
    const [seenFuture, seenNow] = [observe(future), observe(now)];
    const created = await future.created;
    await now.created;
    expect(created.revision).toBeLessThan(revision);
    await put(client, key);
    await seenNow.waitForEvents(1);
    expect(seenFuture.responses).toEqual([]);
    expect(future.resumeRevision).toBe(revision);
  });

  it("[16] ids of 64 bits are the same on an event's header and on the put's", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const { header } = await client.kv.put(key, "v");
    const seen = observe(client.watch(key, { startRevision: header.revision }));
    await seen.waitForEvents(1);
    expect(seen.responses[0]?.header.clusterId).toBe(header.clusterId);
    expect(seen.responses[0]?.header.memberId).toBe(header.memberId);
    // both are random 64-bit numbers: that both fit into 53 bits has a chance of one in four millions
    expect(header.clusterId > BEYOND_DOUBLE || header.memberId > BEYOND_DOUBLE).toBe(true);
  });

  it("[17] a watch from now sees no event from before it, and the first one after it", async () => {
    const [reader, writer] = [connect(server.endpoint), connect(server.endpoint)];
    const key = `${uniquePrefix()}a`;
    for (let round = 1; round <= 20; round++) {
      await put(writer, key, `before ${String(round)}`);
      const watch = reader.watch(key);
      const seen = observe(watch);
      const created = await watch.created;
      const revision = await put(writer, key, `after ${String(round)}`);
      expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${key}=after ${String(round)}`]);
      expect(seen.events[0]?.kv.modRevision).toBe(revision);
      expect(revision).toBe(created.revision + 1n);
      watch.cancel();
    }
  });

  it("[17] start revision 0 is from now", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    await put(client, key, "before");
    const watch = client.watch(key, { startRevision: 0n });
    const seen = observe(watch);
    await watch.created;
    await put(client, key, "after");
    expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${key}=after`]);
  });

  it("[18] start revision 1 delivers all history of the key", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const revisions = [await put(client, key, "1"), await put(client, key, "2"), await remove(client, key), await put(client, key, "3")];
    const seen = observe(client.watch(key, { startRevision: 1n }));
    const events = await seen.waitForEvents(4);
    expect(events.map(brief)).toEqual([`put ${key}=1`, `put ${key}=2`, `delete ${key}`, `put ${key}=3`]);
    expect(events.map((event) => event.kv.modRevision)).toEqual(revisions);
  });

  it("[19] a start revision in the middle delivers that revision and those after it", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    await put(client, key, "revision_1");
    const second = await put(client, key, "revision_2");
    await put(client, key, "revision_3");
    const seen = observe(client.watch(key, { startRevision: second }));
    expect((await seen.waitForEvents(2)).map(brief)).toEqual([`put ${key}=revision_2`, `put ${key}=revision_3`]);
  });

  it.each([-1n, -1, 1.5, 2 ** 53, 2n ** 63n])("[20] start revision %s is a RangeError that shows it", (revision) => {
    const client = connect(server.endpoint);
    expect(() => client.watch(uniquePrefix(), { startRevision: revision })).toThrow(RangeError);
    expect(() => client.watch(uniquePrefix(), { startRevision: revision })).toThrow(String(revision));
  });

  it("[21] a start revision in the future is quiet until the store gets there", async () => {
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const first = await put(client, key, "0");
    const watch = client.watch(key, { startRevision: first + 10n });
    const seen = observe(watch);
    await watch.created;
    for (let index = 1; index <= 11; index++) await put(client, key, String(index));
    const events = await seen.waitForEvents(2);
    expect(events.map((event) => event.kv.modRevision)).toEqual([first + 10n, first + 11n]);
    expect(events.map(brief)).toEqual([`put ${key}=10`, `put ${key}=11`]);
  });

  it("[24] history and live events join without a gap and without a double while a writer runs", async () => {
    const [reader, writer] = [connect(server.endpoint), connect(server.endpoint)];
    const prefix = uniquePrefix();
    const written: bigint[] = [];
    const write = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index++) {
        const key = `${prefix}${String(index % 7)}`;
        const isTxn = index % 10 === 0;
        written.push(isTxn ? await writeTogether(writer, [{ put: key, value: "t" }]) : await put(writer, key, String(index)));
      }
    };
    await write(100);
    const writing = write(300);
    const watches = Array.from({ length: 5 }, () => observe(reader.watch(prefix, { prefix: true, startRevision: written[1] ?? 0n })));
    await writing;
    const expected = written.slice(1);
    for (const seen of watches) {
      const events = await seen.waitForRevision(expected.at(-1) ?? 0n);
      expect(events.map((event) => event.kv.modRevision)).toEqual(expected);
    }
  });

  it("[25] from any revision of a history on, a key, a prefix and a range each give exactly their events", async () => {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const written: { readonly key: string; readonly revision: bigint }[] = [];
    const record = (revision: bigint, ...names: string[]): void => {
      for (const name of names) written.push({ key: prefix + name, revision });
    };
    record(await put(client, `${prefix}a`), "a");
    record(await put(client, `${prefix}b`), "b");
    record(
      await writeTogether(client, [
        { put: `${prefix}a`, value: "t" },
        { put: `${prefix}bb`, value: "t" },
        { put: `${prefix}c`, value: "t" },
      ]),
      ...["a", "bb", "c"],
    );
    record(await remove(client, `${prefix}b`), "b");
    record(await put(client, `${prefix}c`), "c");
    record((await client.kv.delete(`${prefix}b`, { prefix: true })).header.revision, "bb");
    const ranges = {
      key: { of: `${prefix}a`, options: {}, holds: (key: string) => key === `${prefix}a` },
      prefix: { of: `${prefix}b`, options: { prefix: true }, holds: (key: string) => key.startsWith(`${prefix}b`) },
      range: { of: `${prefix}b`, options: { rangeEnd: `${prefix}d` }, holds: (key: string) => key >= `${prefix}b` && key < `${prefix}d` },
    };
    const [first, latest] = [written[0]?.revision ?? 0n, written.at(-1)?.revision ?? 0n];
    const cases = Object.values(ranges).flatMap(({ of, options, holds }) =>
      Array.from({ length: Number(latest - first) + 2 }, (_, index) => {
        const startRevision = first + BigInt(index);
        return { startRevision, of, holds, watch: client.watch(of, { ...options, startRevision }) };
      }),
    );
    expect(cases).toHaveLength(21);
    const seen = cases.map(({ watch }) => observe(watch));
    await Promise.all(cases.map(({ watch }) => watch.created));
    const last = await writeTogether(client, [
      { put: `${prefix}a`, value: "marker" },
      { put: `${prefix}b`, value: "marker" },
    ]);
    record(last, "a", "b");
    for (const [index, { startRevision, holds }] of cases.entries()) {
      const events = (await seen[index]?.waitForRevision(last)) ?? [];
      expect(events.map(({ kv }) => ({ key: kv.keyText, revision: kv.modRevision }))).toEqual(
        written.filter(({ key, revision }) => revision >= startRevision && holds(key)),
      );
    }
  });
};
