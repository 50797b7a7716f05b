import type { EtcdClient } from "etcd-watch";
import { describe, expect, it, onTestFinished } from "vitest";
import { RawEtcd } from "../fuzz/raw-etcd.ts";
import { connect } from "../support/clients.ts";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import { mustBeFoundInCi } from "../support/etcd-in-ci.ts";
import { eventually } from "../support/eventually.ts";
import { RealEtcd } from "../support/real-etcd.ts";
import { put } from "../support/writes.ts";
import { RawWatch, span } from "../unit/mock-server/support/raw-watch.ts";

/** Enough for the windows of a call that is not read, and for the 1,024 answers that etcd keeps beside them for all watches of a call. */
const FLOOD_REVISIONS = 3_000;
const FLOOD_VALUE = "x".repeat(1_000);
const PUTS_AT_ONCE = 50;
const WATCHES_BESIDE_IT = 1;

/** etcd-io/etcd#17529: mended in 3.4.31 and 3.5.13. */
function tellsOfCompactions(version: string): boolean {
  const [, minor = 0, patch = 0] = version.split(".").map(Number);
  return minor > 5 || (minor === 5 && patch >= 13) || (minor === 4 && patch >= 31);
}

async function putMany(client: EtcdClient, prefix: string, count: number, value: string): Promise<void> {
  for (let done = 0; done < count; done += PUTS_AT_ONCE)
    await Promise.all(Array.from({ length: PUTS_AT_ONCE }, (_, index) => put(client, `${prefix}${String(done + index)}`, value)));
}

const binaries = findEtcdBinaries();

mustBeFoundInCi("an etcd with a slow call", binaries);

/** Which losses behind a grpc-proxy are etcd's own (docs/chaos.md): the proxy has all of its watches on one call. */
describe.each(binaries)("etcd $version and a call that is not read for a while", (binary) => {
  const isToldOf = tellsOfCompactions(binary.version);
  const title = isToldOf
    ? "tells a watch that was compacted"
    : "lets a watch that was compacted go on, and never tells what it has skipped";

  it(`[188] ${title}`, async () => {
    const server = await RealEtcd.start(binary, { flags: ["--unsafe-no-fsync"] });
    onTestFinished(() => server.stop());
    const writer = connect(server.endpoint);
    const first = await put(writer, "old/1");
    const compacted = await put(writer, "old/2");
    await writer.kv.compact(compacted);

    const etcd = new RawEtcd(server.endpoint);
    const raw = new RawWatch(etcd.watch());
    onTestFinished(() => {
      raw.close();
      etcd.close();
    });
    await raw.created(span("flood/", "flood0"));
    raw.pause();
    await putMany(writer, "flood/", FLOOD_REVISIONS, FLOOD_VALUE);
    const watchers = (): Promise<number> => server.gauge("etcd_debugging_mvcc_watcher_total");
    raw.create({ ...span("old/", "old0"), startRevision: first });
    await eventually(async () => (await watchers()) > WATCHES_BESIDE_IT);
    // It is looked at every 100 ms. Where it is well, it waits as one of the slow watches, and is told once the call is read.
    await eventually(async () => (await server.gauge("etcd_debugging_mvcc_slow_watcher_total")) === (isToldOf ? 2 : 1));
    raw.resume();

    const ofTheOld = () => raw.responses.filter(({ watchId }) => watchId === 1n);
    await eventually(() => ofTheOld().length > 0);
    const later = await put(writer, "old/3");
    await eventually(() => ofTheOld().length > 1);
    expect(ofTheOld()[0]).toMatchObject({ created: true, canceled: false });
    const told = isToldOf ? { canceled: true, compactRevision: compacted } : { canceled: false, events: [{ kv: { modRevision: later } }] };
    expect(ofTheOld()[1]).toMatchObject(told);
  });
});
