import { isRpcError, isUnsupportedError } from "etcd-watch";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import { mustBeFoundInCi } from "../support/etcd-in-ci.ts";
import { GrpcProxy } from "../support/grpc-proxy.ts";
import { brief, observe } from "../support/observe.ts";
import { RealEtcd } from "../support/real-etcd.ts";
import { put, remove, writeTogether } from "../support/writes.ts";

const binaries = findEtcdBinaries();

mustBeFoundInCi("etcd's grpc-proxy", binaries);

describe.each(binaries)("etcd $version behind its grpc-proxy", (binary) => {
  async function start(): Promise<{ direct: string; proxied: string }> {
    const server = await RealEtcd.start(binary);
    onTestFinished(() => server.stop());
    const proxy = await GrpcProxy.start(binary, server.endpoint);
    onTestFinished(() => proxy.stop());
    return { direct: server.endpoint, proxied: proxy.endpoint };
  }

  it("[188] serves watches, equal ones too, and answers no progress request", async () => {
    const { direct, proxied } = await start();
    const [client, writer] = [connect(proxied), connect(direct)];
    const prefix = uniquePrefix();
    const first = await put(writer, `${prefix}a`, "before");
    const watches = [
      client.watch(prefix, { prefix: true }),
      client.watch(prefix, { prefix: true }), // the proxy makes one of these two
      client.watch(prefix, { prefix: true, startRevision: first }),
      client.watch(prefix, { prefix: true, filters: ["noput"] }),
    ];
    const seen = watches.map(observe);
    await Promise.all(watches.map((watch) => watch.created));
    await put(writer, `${prefix}a`, "1");
    await writeTogether(writer, [
      { put: `${prefix}b`, value: "2" },
      { put: `${prefix}c`, value: "2" },
    ]);
    const last = await remove(writer, `${prefix}a`);
    const live = [`put ${prefix}a=1`, `put ${prefix}b=2`, `put ${prefix}c=2`, `delete ${prefix}a`];
    const expected = [live, live, [`put ${prefix}a=before`, ...live], [`delete ${prefix}a`]];
    for (const [index, each] of seen.entries()) expect((await each.waitForRevision(last)).map(brief)).toEqual(expected[index]);

    const quiet = client.watch(`${prefix}quiet`);
    await quiet.created;
    await put(writer, `${prefix}other`); // or the watch would be past the store's revision already
    const outcome: unknown = await quiet.requestProgress({ timeoutMs: 700 }).catch((error: unknown) => error);
    expect(outcome).toSatisfy((error) => isRpcError(error) || isUnsupportedError(error));
  });
});
