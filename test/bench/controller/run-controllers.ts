// Measures one thing of caches and controllers, and prints it: `run-controllers.ts <keys> queue|cache|events <what> [<kind of value>]`.
import { type Holder, measureCache, type ValueKind } from "./measure-cache.ts";
import { type EventReader, measureEvents } from "./measure-events.ts";
import { measureQueue, type QueueMeasure } from "./measure-queue.ts";
import { ServerProcess } from "./server-process.ts";

const [, , count = "", part = "", what = "", kind = ""] = process.argv;
const keys = Number(count);

async function withServer<Answer>(measure: (server: ServerProcess) => Promise<Answer>): Promise<Answer> {
  const server = await ServerProcess.start();
  try {
    await server.write({ keys, round: 0 });
    return await measure(server);
  } finally {
    await server.stop();
  }
}

async function answer(): Promise<object> {
  switch (part) {
    case "queue":
      return measureQueue(what as QueueMeasure, keys);
    case "cache":
      return withServer((server) =>
        measureCache(what as Holder, kind as ValueKind, {
          endpoint: server.endpoint,
          keys,
          change: () => server.write({ keys, round: 1 }),
        }),
      );
    case "events":
      return withServer((server) =>
        measureEvents(what as EventReader, { endpoint: server.endpoint, keys, write: (round) => server.write({ keys, round }) }),
      );
    default:
      throw new Error(`There is nothing to measure called ${part}`);
  }
}

console.log(JSON.stringify(await answer()));
