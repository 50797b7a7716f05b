import { Informer, isRpcError } from "etcd-watch";
import { expect, it, onTestFinished } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { brief, observe } from "../support/observe.ts";
import type { Suite } from "../support/servers.ts";

export const namespaces: Suite = (server) => {
  it("[191] a watch sees its own namespace alone, keys without it; prev keys too", async () => {
    const namespace = uniquePrefix();
    const inside = connect(server.endpoint, { namespace });
    const outside = connect(server.endpoint);
    const watches = [inside.watch("", { prefix: true, prevKv: true }), inside.watch("b", { fromKey: true })] as const;
    const [everything, one] = [observe(watches[0]), observe(watches[1])];
    await Promise.all(watches.map(({ created }) => created));
    await inside.kv.put("a", "1");
    await outside.kv.put(`${namespace}a`, "2");
    await outside.kv.put("a", "3");
    await outside.kv.put(`${namespace.slice(0, -1)}0`, "4"); // right behind the namespace
    await inside.kv.put("b", "5");
    await inside.kv.delete("a");
    const events = await everything.waitForEvents(4);
    expect(events.map(brief)).toEqual(["put a=1", "put a=2", "put b=5", "delete a"]);
    expect(events.map(({ prevKv }) => prevKv && `${prevKv.keyText}=${prevKv.valueText}`)).toEqual([undefined, "a=1", undefined, "a=2"]);
    expect((await one.waitForEvents(1)).map(brief)).toEqual(["put b=5"]);
  });

  it("[191] reads, writes, deletes and transactions stay inside, ranges and empty keys included", async () => {
    const namespace = uniquePrefix();
    const inside = connect(server.endpoint, { namespace });
    const outside = connect(server.endpoint);
    await outside.kv.put(`${namespace.slice(0, -1)}0`, "beside");
    for (const key of ["a", "b", "c"]) await inside.kv.put(key, key);
    const keys = async (...args: Parameters<typeof inside.kv.get>): Promise<string[]> =>
      (await inside.kv.get(...args)).kvs.map((kv) => kv.keyText);
    expect(await keys("", { prefix: true })).toEqual(["a", "b", "c"]);
    expect(await keys("b", { fromKey: true })).toEqual(["b", "c"]);
    expect(await keys("a", { rangeEnd: "c" })).toEqual(["a", "b"]);
    expect((await outside.kv.get(`${namespace}b`)).kvs.map((kv) => kv.valueText)).toEqual(["b"]);

    const { prevKv } = await inside.kv.put("a", "2", { prevKv: true });
    expect([prevKv?.keyText, prevKv?.valueText]).toEqual(["a", "a"]);
    const answer = await inside.kv.txn({
      compare: [{ key: "a", target: "value", result: "=", value: "2" }],
      success: [{ get: { key: "b", fromKey: true } }, { txn: { success: [{ delete: { key: "c", prevKv: true } }] } }],
    });
    if (!answer.succeeded) throw new Error("the comparison did not hold");
    const [read, nested] = answer.responses;
    expect(read.kvs.map((kv) => kv.keyText)).toEqual(["b", "c"]);
    expect(nested.succeeded && nested.responses[0].prevKvs.map((kv) => kv.keyText)).toEqual(["c"]);

    await expect(inside.kv.put("", "x")).rejects.toSatisfy((error) => isRpcError(error) && error.code === "INVALID_ARGUMENT");
    const { deleted } = await inside.kv.delete("", { prefix: true });
    expect(deleted).toBe(2n);
    expect((await outside.kv.get(`${namespace.slice(0, -1)}0`)).count).toBe(1n);
    await outside.kv.delete(`${namespace.slice(0, -1)}0`);
  });

  it("a lease tells its keys of the namespace, and an informer works in one", async () => {
    const namespace = uniquePrefix();
    const inside = connect(server.endpoint, { namespace });
    const outside = connect(server.endpoint);
    const { id } = await inside.lease.grant(60);
    await inside.kv.put("a", "1", { lease: id });
    await outside.kv.put(`${uniquePrefix()}x`, "1", { lease: id });
    expect((await inside.lease.timeToLive(id, { keys: true })).keys.map(String)).toEqual(["a"]);
    const informer = new Informer(inside, { prefix: "", decode: (kv) => kv.valueText, pageSize: 1 });
    onTestFinished(() => informer.stop());
    await inside.kv.put("b", "2");
    await informer.start();
    const { header } = await inside.kv.put("c", "3");
    await informer.waitForRevision(header.revision);
    expect(informer.entries().sort()).toEqual([
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ]);
    await inside.lease.revoke(id);
  });
};
