// The load server: a program of its own, so that its work does not count as a client's, over node:net with frames that lie ready.
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { LoadConnection } from "./load-connection.ts";
import { FIRST_REVISION } from "./response-template.ts";
import type { LoadAnswer, LoadOrder } from "./load-process.ts";

const puts = { latest: FIRST_REVISION - 1 };
const connections = new Set<LoadConnection>();
/** What a count of answered creates is waited for, and since when. */
let expected: { left: number; beganMs: number | undefined } | undefined;

function say(answer: LoadAnswer): void {
  process.send?.(answer);
}

function onAnswered(): void {
  if (expected === undefined) return;
  expected.beganMs ??= performance.now();
  if (--expected.left > 0) return;
  const ms = performance.now() - expected.beganMs;
  expected = undefined;
  say({ said: "created", ms });
}

const server = createServer((socket) => {
  const connection = new LoadConnection(socket, { onAnswered, puts });
  connections.add(connection);
  socket.on("close", () => connections.delete(connection));
});

process.on("message", (order: LoadOrder) => {
  switch (order.do) {
    case "count-creates":
      expected = { left: order.count, beganMs: undefined };
      break;
    case "cut":
      expected = { left: order.count, beganMs: performance.now() };
      for (const connection of [...connections]) connection.cut();
      break;
    case "put":
      for (const connection of connections) for (const stream of connection.streams.values()) stream.put();
      break;
  }
});
process.on("disconnect", () => process.exit());

server.listen(0, "127.0.0.1", () => {
  say({ said: "listening", port: (server.address() as AddressInfo).port });
});
