import { describe, expect, it, onTestFinished } from "vitest";
import { connect, uniquePrefix } from "../support/clients.ts";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import { mustBeFoundInCi } from "../support/etcd-in-ci.ts";
import { observe } from "../support/observe.ts";
import { RealEtcd } from "../support/real-etcd.ts";
import { put, remove } from "../support/writes.ts";

interface GatewayAnswer {
  readonly result?: { readonly created?: boolean; readonly events?: readonly GatewayEvent[] };
}
interface GatewayEvent {
  readonly type?: string;
  readonly kv: { readonly key: string; readonly value?: string; readonly mod_revision: string };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** What `curl` would show of a watch through the JSON gateway, until so many events have come. */
async function watchByGateway(endpoint: string, create: object, count: number): Promise<GatewayEvent[]> {
  const leaving = new AbortController();
  const body = JSON.stringify({ create_request: create });
  const response = await fetch(`http://${endpoint}/v3/watch`, { method: "POST", body, signal: leaving.signal });
  const events: GatewayEvent[] = [];
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) events.push(...((JSON.parse(line) as GatewayAnswer).result?.events ?? []));
    if (events.length >= count) break;
  }
  leaving.abort();
  return events;
}

const binaries = findEtcdBinaries();

mustBeFoundInCi("the JSON gateway of etcd", binaries);

describe.each(binaries)("the JSON gateway of etcd $version", (binary) => {
  it("[190] tells the same of a history as a watch does", async () => {
    const server = await RealEtcd.start(binary);
    onTestFinished(() => server.stop());
    const client = connect(server.endpoint);
    const key = `${uniquePrefix()}a`;
    const startRevision = await put(client, key, "1");
    await put(client, key, "2");
    await remove(client, key);
    await put(client, key, "");
    const fromGateway = await watchByGateway(server.endpoint, { key: base64(key), start_revision: String(startRevision) }, 4);
    const events = await observe(client.watch(key, { startRevision })).waitForEvents(4);
    expect(fromGateway.map(({ type = "PUT", kv }) => ({ type, key: kv.key, value: kv.value ?? "", revision: kv.mod_revision }))).toEqual(
      events.map(({ type, kv }) => ({
        type: type.toUpperCase(),
        key: kv.key.toString("base64"),
        value: kv.value.toString("base64"),
        revision: String(kv.modRevision),
      })),
    );
  });
});
