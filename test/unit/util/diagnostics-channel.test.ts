import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect, it } from "vitest";
import { diagnosticsChannel } from "../../../src/util/diagnostics-channel.ts";

it("diagnosticsChannel() has subscribers while there are some, and is theirs by its name", () => {
  const channel = diagnosticsChannel<{ readonly size: number }>("etcd-watch:test");
  const seen: unknown[] = [];
  const listen = (message: unknown): void => void seen.push(message);
  expect(channel.hasSubscribers).toBe(false);
  subscribe("etcd-watch:test", listen);
  expect(channel.hasSubscribers).toBe(true);
  channel.publish({ size: 1 });
  unsubscribe("etcd-watch:test", listen);
  expect(channel.hasSubscribers).toBe(false);
  expect(seen).toEqual([{ size: 1 }]);
});
