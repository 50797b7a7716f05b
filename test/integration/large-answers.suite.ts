import { isRpcError } from "etcd-watch";
import { expect, it } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { observe } from "../support/observe.ts";
import type { Suite } from "../support/servers.ts";
import { put } from "../support/writes.ts";

const MIB = 2 ** 20;
const COUNT = 10;

export const largeAnswers: Suite = (server) => {
  async function writeTenMebibytes(): Promise<{ prefix: string; revisions: bigint[] }> {
    const client = connect(server.endpoint);
    const prefix = uniquePrefix();
    const revisions: bigint[] = [];
    for (let index = 0; index < COUNT; index++) revisions.push(await put(client, prefix + String(index), Buffer.alloc(MIB, index)));
    return { prefix, revisions };
  }

  it.each([
    ["128", "fragments", true],
    ["129", "one message", false],
  ])("[%s] an answer of 10 MiB in %s is one response", async (_, __, fragment) => {
    const { prefix, revisions } = await writeTenMebibytes();
    const client = connect(server.endpoint, { watchBuffer: { maxBytes: 64 * MIB } });
    const seen = observe(client.watch(prefix, { prefix: true, startRevision: revisions[0] ?? 0n, fragment }));
    await seen.waitForEvents(COUNT);
    expect(seen.events.map((event) => event.kv.modRevision)).toEqual(revisions);
    expect(seen.events.map((event) => event.kv.value.equals(Buffer.alloc(MIB, Number(event.kv.keyText.at(-1)))))).toEqual(
      Array(COUNT).fill(true),
    );
    expect(seen.responses).toHaveLength(1);
  });

  it("[128] fragments past the buffer's limit come as whole revisions, none lost and none twice", async () => {
    const { prefix, revisions } = await writeTenMebibytes();
    const client = connect(server.endpoint);
    const seen = observe(client.watch(prefix, { prefix: true, startRevision: revisions[0] ?? 0n, fragment: true }));
    await seen.waitForEvents(COUNT);
    expect(seen.events.map((event) => event.kv.modRevision)).toEqual(revisions);
  });

  it.each([
    ["130", true, "comes in fragments"],
    ["131", false, "is asked for again in fragments"],
  ])("[%s] with fragment %s, an answer beyond the receive limit %s", async (_, fragment) => {
    const { prefix, revisions } = await writeTenMebibytes();
    const client = connect(server.endpoint, { maxReceiveBytes: 1.5 * MIB });
    const seen = observe(client.watch(prefix, { prefix: true, startRevision: revisions[0] ?? 0n, fragment }));
    await seen.waitForEvents(COUNT);
    expect(seen.events.map((event) => event.kv.modRevision)).toEqual(revisions);
  });

  it.each([true, false])("[131] an event beyond the receive limit ends its watch, with fragment %s, and no other", async (fragment) => {
    const { prefix, revisions } = await writeTenMebibytes();
    const client = connect(server.endpoint, { maxReceiveBytes: 0.5 * MIB });
    const other = client.watch(`${prefix}other`);
    const seenOther = observe(other);
    await other.created;
    const outcome = await observe(client.watch(prefix, { prefix: true, startRevision: revisions[0] ?? 0n, fragment })).ended;
    if (!isRpcError(outcome)) throw new Error(`it ended with ${String(outcome)}`);
    expect(outcome.code).toBe("RESOURCE_EXHAUSTED");
    expect(outcome.details.toLowerCase()).toContain("received message larger than max");
    await put(client, `${prefix}other`, "alive");
    expect((await seenOther.waitForEvents(1)).map(({ kv }) => kv.valueText)).toEqual(["alive"]);
  });
};
