import type { EtcdClient } from "etcd-watch";
import { isSame, show } from "../support/guarantees/authentic.ts";
import type { Truth } from "../support/guarantees/truth.ts";
import type { WriteLoad } from "./write-load.ts";

/**
 * Holds the truth itself against two others: what the writers were told, and what the store has at the end. A lease may still take keys
 * away after the truth was closed; such a key is let pass if the store's revision has moved on.
 */
export async function storeViolations(client: EtcdClient, truth: Truth, writers: readonly WriteLoad[]): Promise<string[]> {
  const violations: string[] = [];
  for (const { revision, key, value } of writers.flatMap(({ acknowledged }) => acknowledged)) {
    const event = truth.at({ key, modRevision: revision });
    if (event?.type !== "put" || event.kv.value !== value)
      violations.push(`a put of ${key} at ${revision} was acknowledged, and is not in the truth`);
  }
  const { header, kvs } = await client.kv
    .get("", { prefix: true, revision: truth.lastRevision })
    .catch(() => client.kv.get("", { prefix: true }));
  const { present } = truth;
  for (const kv of kvs) {
    const { createRevision, modRevision, version, lease } = kv;
    const stored = { key: kv.key.toString("latin1"), value: kv.value.toString("latin1"), createRevision, modRevision, version, lease };
    const known = present.get(stored.key);
    if (known === undefined || !isSame(known, stored))
      violations.push(`the store has ${stored.key} ${show(stored)}, and the truth ${known === undefined ? "not" : show(known)}`);
  }
  if (kvs.length !== present.size) violations.push(`the store has ${kvs.length} keys at ${header.revision}, and the truth ${present.size}`);
  return violations;
}
