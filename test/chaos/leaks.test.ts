import { Socket } from "node:net";
import { queryObjects } from "node:v8";
import { EtcdClient } from "etcd-watch";
import { ChaosProxy, MockEtcdServer } from "etcd-watch/mock-server";
import { expect, it } from "vitest";
import { ConnectAttempt } from "../../src/transport/connect-attempt.ts";
import { GrpcDuplexCall } from "../../src/transport/grpc-duplex-call.ts";
import { EventBuffer } from "../../src/watch/event-buffer.ts";
import { WatchChannel } from "../../src/watch/watch-channel.ts";
import { WatchConnection } from "../../src/watch/watch-connection.ts";
import { WatchGrpcStream } from "../../src/watch/watch-grpc-stream.ts";
import { WatcherStream } from "../../src/watch/watcher-stream.ts";
import { eventually } from "../support/eventually.ts";
import { createAndCancel, reconnect } from "./leak-loads.ts";

/** `npm run leaks` does a hundred times as much and looks at the whole heap, which here would be mostly code that is being compiled. */
const CYCLES = 400;
const RECONNECTS = 30;
/** Each collects the garbage several times. */
const samples = 1;

/** What a watch, a connection and a stream are made of, here and in Node. */
const kinds = { ConnectAttempt, EventBuffer, GrpcDuplexCall, Socket, WatchChannel, WatchConnection, WatchGrpcStream, WatcherStream };

/** How many of each are alive: exact, unlike bytes. */
function alive(): Record<string, number> {
  return Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, queryObjects(kind, { format: "count" })]));
}

it("nothing is left of watches that were cancelled, and of connections that were cut", { timeout: 60_000 }, async () => {
  await using server = await MockEtcdServer.start();
  await using proxy = await ChaosProxy.start({ target: server.endpoint });
  await using writing = new EtcdClient({ endpoints: server.endpoint });
  await using watching = new EtcdClient({ endpoints: proxy.endpoint });
  const isQuiet = (): boolean => server.metrics.watchers === 0 && server.metrics.streams === 0;
  const calm = (): Promise<void> => eventually(isQuiet, { describe: () => "watches or streams are left on the server" });

  const warmUp = [
    await createAndCancel(watching, { cycles: 60, keepStream: true, samples }),
    await reconnect(watching, writing, proxy, { reconnects: 5, samples }),
  ];
  await calm();
  const before = alive();
  const reports = [
    await createAndCancel(watching, { cycles: CYCLES, keepStream: true, samples }),
    await createAndCancel(watching, { cycles: CYCLES / 4, keepStream: false, samples }),
    await reconnect(watching, writing, proxy, { reconnects: RECONNECTS, samples }),
  ];
  await calm();
  await expect.poll(alive, { interval: 200, timeout: 10_000 }).toEqual(before); // sockets close in their own time
  for (const { listeners, before, after } of [...warmUp, ...reports]) {
    expect(listeners).toBe(0);
    expect(after.resources["Timeout"] ?? 0).toBeLessThanOrEqual((before.resources["Timeout"] ?? 0) + 1); // the proxy's and the server's come and go
  }
});
