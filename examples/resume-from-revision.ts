// Goes on where its last run left off, whatever happened to it: every change below a prefix is handled.
//
//   ETCD_ENDPOINTS=127.0.0.1:2379 npx tsx examples/resume-from-revision.ts config/ position.txt
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { EtcdClient } from "etcd-watch";
import type { Revision, WatchEvent } from "etcd-watch";

const [prefix = "config/", file = "position.txt"] = process.argv.slice(2);

/** The revision to go on from; 1, the beginning of history, for the first run. */
function load(): Revision {
  return existsSync(file) ? BigInt(readFileSync(file, "utf8").trim()) : 1n;
}

/** Written aside and moved, so that a crash leaves either the old position or the new one. */
function store(revision: Revision): void {
  writeFileSync(`${file}.new`, `${String(revision)}\n`);
  renameSync(`${file}.new`, file);
}

function handle({ type, kv }: WatchEvent): void {
  console.log(String(kv.modRevision), type, kv.keyText, kv.valueText);
}

const client = new EtcdClient({ endpoints: (process.env["ETCD_ENDPOINTS"] ?? "127.0.0.1:2379").split(",") });
const watch = client.watch(prefix, { prefix: true, startRevision: load() });
process.once("SIGINT", () => {
  watch.cancel();
});

// A response holds whole revisions, so between two of them is a good place to stop at. The position is stored after the work: after a
// crash in between, the last response is handled once more, and none is left out.
for await (const response of watch) {
  for (const event of response.events) handle(event);
  store(watch.resumeRevision);
}
await client.close();
