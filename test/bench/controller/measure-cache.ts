import { EtcdClient, Informer, type KeyValue } from "etcd-watch";
import { usedBytes } from "../memory.ts";

/** What a key takes that is held, in bytes: objects and buffers, after garbage collection. */
export interface CacheAnswer {
  readonly bytesPerKey: number;
}

/** What is made of a value. */
const decoders = {
  text: (kv: KeyValue): unknown => kv.valueText,
  "JSON object": (kv: KeyValue): unknown => kv.json<unknown>(),
  KeyValue: (kv: KeyValue): unknown => kv,
} as const;

export type ValueKind = keyof typeof decoders;
export const valueKinds = Object.keys(decoders) as readonly ValueKind[];

export const holders = ["Map", "Informer", "Informer, all changed once"] as const;
export type Holder = (typeof holders)[number];

const PREFIX = "services/";
const PAGE = 1_000;

export async function measureCache(
  holder: Holder,
  kind: ValueKind,
  { endpoint, keys, change }: { readonly endpoint: string; readonly keys: number; readonly change: () => Promise<void> },
): Promise<CacheAnswer> {
  const client = new EtcdClient({ endpoints: endpoint });
  const decode = decoders[kind];
  await new Map(await entriesOf(client, decode, PAGE)).get(""); // the connection, and code that has not run before, are not counted
  const before = await usedBytes();
  let held: { readonly size: number };
  let leave = (): Promise<void> => Promise.resolve();
  if (holder === "Map") held = new Map(await entriesOf(client, decode, Infinity));
  else {
    const informer = new Informer(client, { prefix: PREFIX, decode });
    await informer.start();
    if (holder !== "Informer") await change();
    await informer.waitForRevision((await client.kv.get(PREFIX)).header.revision);
    held = informer;
    leave = () => informer.stop();
  }
  const after = await usedBytes();
  if (held.size !== keys) throw new Error(`There are ${held.size} keys, not ${keys}`); // and is still needed here
  await leave();
  await client.close();
  return { bytesPerKey: (after - before) / keys };
}

/** As somebody would do it by hand, who keeps values for longer: in pages, of copies. */
async function entriesOf(client: EtcdClient, decode: (kv: KeyValue) => unknown, most: number): Promise<[string, unknown][]> {
  const entries: [string, unknown][] = [];
  for (let from = PREFIX; entries.length < most;) {
    const { kvs, more } = await client.kv.get(from, { rangeEnd: "services0", limit: PAGE });
    for (const kv of kvs) entries.push([kv.keyText, decode(kv.copy())]);
    if (!more) break;
    from = `${kvs.at(-1)?.keyText ?? ""}\0`;
  }
  return entries;
}
