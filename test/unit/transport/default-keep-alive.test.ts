import { MockEtcdServer } from "etcd-watch/mock-server";
import { expect, it, onTestFinished } from "vitest";
import { clientSettings } from "../../../src/client/client-options.ts";
import { connect } from "../../support/clients.ts";
import { eventually } from "../../support/eventually.ts";
import { observe } from "../../support/observe.ts";
import { startProxy } from "../../support/proxies.ts";

it("[162] a client of which nobody asked for pings notices a dead connection all the same, by itself, in a quarter of a minute", async () => {
  const server = await MockEtcdServer.start();
  onTestFinished(() => server.stop());
  const proxy = await startProxy(server.endpoint);
  const client = connect(proxy.endpoint);
  const watch = client.watch("a");
  const seen = observe(watch);
  await watch.created;
  proxy.stall();
  await connect(server.endpoint).kv.put("a", "while");
  const { keepAliveIntervalMs, keepAliveTimeoutMs } = clientSettings({ endpoints: proxy.endpoint });
  await eventually(() => watch.status.state === "resuming", { timeoutMs: keepAliveIntervalMs + keepAliveTimeoutMs + 5_000 });
  expect(seen.events).toEqual([]);
  proxy.cut(); // what it holds is of connections that are gone
  proxy.resume();
  expect((await seen.waitForEvents(1)).map(({ kv }) => kv.valueText)).toEqual(["while"]);
}, 40_000);
