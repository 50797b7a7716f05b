import { behaviours } from "../../src/mock-server/behaviour.ts";
import { Lessor } from "../../src/mock-server/store/lessor.ts";
import { WatchableStore } from "../../src/mock-server/store/watchable-store.ts";
import { usedBytes } from "./memory.ts";
import type { PutLoad } from "./put-load.ts";
import { keyOf, valueOf } from "./put-load.ts";

/** What the history of these puts takes in a store by itself, without a server or a watch: the measure for everything above it. */
export async function historyBytes(load: PutLoad): Promise<number> {
  const before = await usedBytes();
  const store = new WatchableStore({ leases: new Lessor(() => 0), behaviour: behaviours.latest });
  const value = valueOf(load);
  for (let index = 0; index < load.puts; index++)
    store.mvcc.write((txn) => {
      txn.put(keyOf(index % load.keys), value, 0n);
    });
  const after = await usedBytes();
  if (store.mvcc.revision !== BigInt(load.puts + 1)) throw new Error(`The store stands at ${store.mvcc.revision}`); // and is still needed here
  return after - before;
}
