import { randomBytes } from "node:crypto";
import { EtcdClient } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { Cable } from "./cable.ts";

/** Where the demo takes place: a server, a cable to it that can be cut, and two clients. */
export interface Stage {
  readonly serverName: string;
  /** All keys of the demo begin with it. */
  readonly prefix: string;
  /** The first revision that watches ask for. */
  readonly startRevision: bigint;
  readonly cable: Cable;
  /** Watches through the cable. */
  readonly watching: EtcdClient;
  /** Writes, and has a connection of its own that is never cut. */
  readonly writing: EtcdClient;
  /** Takes everything down, and deletes on a given server what the demo wrote there. Returns how many keys that were. */
  readonly strike: () => Promise<bigint>;
}

/** @throws {RpcError} if a given server does not answer */
export async function setStage(given: readonly string[] | undefined, signal: AbortSignal): Promise<Stage> {
  const server = given === undefined ? await MockEtcdServer.start() : undefined;
  const endpoints = given ?? [server?.endpoint ?? ""];
  const prefix = server === undefined ? `etcd-watch-demo/${randomBytes(6).toString("hex")}/` : "demo/";
  const cable = await Cable.to(endpoints);
  const writing = new EtcdClient({ endpoints });
  const watching = new EtcdClient({ endpoints: cable.endpoints });

  let hasWritten = false;
  const strike = async (): Promise<bigint> => {
    await watching.close();
    try {
      if (server !== undefined || !hasWritten) return 0n;
      hasWritten = false;
      return (await writing.kv.delete(prefix, { prefix: true })).deleted;
    } catch (error) {
      throw new Error(`the keys below ${prefix} could not be deleted: ${String(error)}`, { cause: error });
    } finally {
      await writing.close();
      await cable[Symbol.asyncDispose]();
      await server?.stop();
    }
  };

  try {
    await writing.ready({ signal });
    const { header } = await writing.kv.get(prefix, { prefix: true, countOnly: true, signal });
    hasWritten = true; // from here on it may have
    const startRevision = server === undefined ? header.revision + 1n : 1n;
    const serverName = server === undefined ? endpoints.join(", ") : `the bundled one, in memory, at ${server.endpoint}`;
    return { serverName, prefix, startRevision, cable, watching, writing, strike };
  } catch (error) {
    await strike();
    throw error;
  }
}
