import { expect, it, onTestFinished } from "vitest";
import { MockEtcdServer } from "../../../src/mock-server/index.ts";
import { RawEtcd } from "./support/raw-etcd.ts";
import { span } from "./support/raw-watch.ts";

async function started(): Promise<{ server: MockEtcdServer; etcd: RawEtcd; reader: RawEtcd }> {
  const server = await MockEtcdServer.start();
  const [etcd, reader] = [new RawEtcd(server.endpoint), new RawEtcd(server.endpoint)];
  onTestFinished(async () => {
    etcd.close();
    reader.close();
    await server.stop();
  });
  return { server, etcd, reader };
}

/** So many writers, each with one put under way. */
async function putAtOnce(etcd: RawEtcd, { writers, puts, value }: { writers: number; puts: number; value: string }): Promise<void> {
  const write = async (): Promise<void> => {
    for (let put = 0; put < puts / writers; put++) await etcd.put("k", value);
  };
  await Promise.all(Array.from({ length: writers }, write));
}

it("a watch that reads gets each revision by itself, with 20 puts under way", async () => {
  const { etcd, reader } = await started();
  const watch = reader.watch();
  await watch.created(span("k"));
  await putAtOnce(etcd, { writers: 20, puts: 3_000, value: "x".repeat(50) });
  const sizes: number[] = [];
  for (let seen = 0; seen < 3_000; seen += sizes.at(-1) ?? 0) sizes.push((await watch.next()).events.length);
  expect(Math.max(...sizes)).toBe(1);
}, 60_000);

it("a watch that does not read is a victim soon, and has every event when it reads again", async () => {
  const { server, etcd, reader } = await started();
  const watch = reader.watch();
  await watch.created(span("k"));
  watch.pause();
  const sentBefore = server.metrics.bytesSent;
  await putAtOnce(etcd, { writers: 20, puts: 3_000, value: "x".repeat(1_000) });
  expect(server.metrics.bytesSent - sentBefore).toBeLessThan(1_500_000); // of three million, besides what the puts are answered
  watch.resume();
  expect(await watch.events(3_000)).toHaveLength(3_000);
  expect(Math.max(...watch.responses.map(({ events }) => events.length))).toBeGreaterThan(100);
}, 60_000);
