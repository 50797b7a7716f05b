import type { EtcdClient, Revision } from "etcd-watch";

/** Puts one key and returns the revision of that change. */
export async function put(client: EtcdClient, key: string | Uint8Array, value: string | Uint8Array = "v"): Promise<Revision> {
  return (await client.kv.put(key, value)).header.revision;
}

/** Deletes one key and returns the revision of that change. */
export async function remove(client: EtcdClient, key: string): Promise<Revision> {
  return (await client.kv.delete(key)).header.revision;
}

export type Write = { readonly put: string; readonly value: string } | { readonly remove: string };

/** Several changes in one transaction, so at one revision, which is returned. */
export async function writeTogether(client: EtcdClient, writes: readonly Write[]): Promise<Revision> {
  const success = writes.map((write) =>
    "put" in write ? { put: { key: write.put, value: write.value } } : { delete: { key: write.remove } },
  );
  return (await client.kv.txn({ compare: [], success, failure: [] })).header.revision;
}
