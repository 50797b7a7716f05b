/**
 * Closes a client and then has nothing more to do: `node test/programs/close-and-exit.ts <moment> <endpoint>`.
 * The test sees whether the process ends by itself, so there is no process.exit() here.
 */
import { EtcdClient } from "etcd-watch";

const [moment, endpoint] = process.argv.slice(2);
if (endpoint === undefined) throw new Error("usage: close-and-exit.ts with-watches-open|during-backoff|while-connecting <endpoint>");

const client = new EtcdClient({ endpoints: [endpoint] });

async function openWatches(): Promise<void> {
  const watches = [client.watch("a"), client.watch("b", { prefix: true }), client.watch("c", { metadata: { other: "stream" } })];
  await Promise.all(watches.map((watch) => watch.created));
}

async function untilState(wanted: (state: typeof client.state) => boolean): Promise<void> {
  if (wanted(client.state)) return;
  for await (const state of client.stateChanges()) if (wanted(state)) return;
}

switch (moment) {
  case "with-watches-open":
    await openWatches();
    break;
  case "during-backoff":
    await openWatches();
    console.log("created"); // from now on the test cuts and refuses connections
    await untilState((state) => state.state === "disconnected" && state.attempt > 3 && state.retryInMs > 0);
    break;
  case "while-connecting":
    client.watch("a");
    await untilState((state) => state.state === "connecting");
    break;
  default:
    throw new Error(`no such moment: ${String(moment)}`);
}

await client.close();
console.log("closed");
