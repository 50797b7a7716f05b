import { Informer, type EtcdClient } from "etcd-watch";
import { expect, it, onTestFinished } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { startProxy } from "../support/proxies.ts";
import type { Suite } from "../support/servers.ts";

const KEYS = 50_000;
/** etcd takes no more in one transaction, by default. */
const PUTS_AT_ONCE = 128;
const ROUNDS = 6;

function nameOf(index: number): string {
  return String(index).padStart(6, "0");
}

async function fill(client: EtcdClient, prefix: string): Promise<void> {
  const puts = Array.from({ length: KEYS }, (_, index) => ({ put: { key: prefix + nameOf(index), value: "0" } }));
  const txns: Promise<unknown>[] = [];
  for (let at = 0; at < KEYS; at += PUTS_AT_ONCE) txns.push(client.kv.txn({ success: puts.slice(at, at + PUTS_AT_ONCE) }));
  await Promise.all(txns);
}

/** Writes without a pause until told to stop: puts, deletes and transactions, all over the range. Returns what stops it, with how many there were. */
function writeConstantly(client: EtcdClient, prefix: string): () => Promise<number> {
  const ending = new AbortController();
  let writes = 0;
  const write = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const key = (step: number): string => prefix + nameOf((++writes * step) % (KEYS + 500));
      if (writes % 5 === 0) await client.kv.delete(key(7_919));
      else if (writes % 7 === 0)
        await client.kv.txn({ success: [{ put: { key: key(104_729), value: "both" } }, { delete: { key: key(15_485) } }] });
      else await client.kv.put(key(7_919), String(writes));
    }
  };
  const writing = Promise.all([write(), write()]);
  const stop = async (): Promise<number> => {
    ending.abort();
    await writing;
    return writes;
  };
  onTestFinished(() => stop().then(() => undefined));
  return stop;
}

/** A mirror of many keys, made and kept under constant writes. */
export const largeMirror: Suite = (server) => {
  it(
    "[192] 50,000 keys listed in pages under constant writes, then watched: the mirror equals a read at the same revision, always",
    { timeout: 120_000 },
    async () => {
      const prefix = uniquePrefix();
      const writer = connect(server.endpoint);
      await fill(writer, prefix);
      const proxy = await startProxy(server.endpoint);
      const stop = writeConstantly(writer, prefix);
      const { header: before } = await writer.kv.get(prefix);
      const informer = new Informer(connect(proxy.endpoint), { prefix, decode: (kv) => kv.valueText });
      onTestFinished(() => informer.stop());
      await informer.start();
      const revisions: bigint[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        if (round % 2 === 1) proxy.cut();
        const { header } = await writer.kv.get(prefix);
        await informer.waitForRevision(header.revision, { timeoutMs: 30_000 });
        const { revision } = informer;
        const mirror = new Map(informer.entries());
        const { kvs } = await writer.kv.get(prefix, { prefix: true, revision });
        const differing = kvs.filter((kv) => mirror.get(kv.keyText) !== kv.valueText).map((kv) => kv.keyText);
        expect([differing, mirror.size]).toEqual([[], kvs.length]);
        revisions.push(revision);
      }
      expect(await stop()).toBeGreaterThan(200);
      // Each time there was another state to compare, and the list was read while it changed.
      expect(new Set(revisions).size).toBe(ROUNDS);
      expect(revisions[0]).toBeGreaterThan(before.revision);
      expect(informer.relists).toEqual({});
    },
  );
};
