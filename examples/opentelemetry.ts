// Turns what the library tells on its diagnostics channels into OpenTelemetry's metrics and spans. Here they go to a list, which is printed.
//
//   npx tsx examples/opentelemetry.ts
import { subscribe } from "node:diagnostics_channel";
import { Controller, type DiagnosticsMessages, EtcdClient } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";

// A stand-in with the names of OpenTelemetry's API. In a program of yours it is replaced by:
//   import { metrics, trace } from "@opentelemetry/api";
//   const [meter, tracer] = [metrics.getMeter("etcd-watch"), trace.getTracer("etcd-watch")];
type Attributes = Record<string, string | number>;
const told: string[] = [];
const tell = (what: string, attributes?: Attributes): number => told.push(`${what} ${JSON.stringify(attributes ?? {})}`);
const meter = {
  createCounter: (name: string) => ({ add: (value: number, attributes?: Attributes) => tell(`${name} +${value}`, attributes) }),
};
const tracer = {
  startSpan: (name: string, { attributes }: { startTime: number; attributes: Attributes }) => ({
    recordException: (exception: Error) => tell(`span ${name}, exception ${exception.message}`),
    end: () => tell(`span ${name}`, attributes),
  }),
};

/** Subscribes with the type that the channel's messages have. */
function on<Name extends keyof DiagnosticsMessages>(name: Name, listener: (message: DiagnosticsMessages[Name]) => void): void {
  subscribe(name, (message) => {
    listener(message as DiagnosticsMessages[Name]);
  });
}

const breaks = meter.createCounter("etcd_watch.stream.breaks");
const ends = meter.createCounter("etcd_watch.watch.ends");
on("etcd-watch:stream", (message) => message.type === "broke" && breaks.add(1, { cause: message.cause }));
on("etcd-watch:watch", (message) => message.type === "ended" && ends.add(1, { cause: message.cause }));
on("etcd-watch:reconcile", (message) => {
  if (message.type === "start") return;
  const { key, attempt, durationMs } = message;
  const span = tracer.startSpan("reconcile", { startTime: Date.now() - durationMs, attributes: { key, attempt } });
  if (message.type === "error") span.recordException(message.error as Error);
  span.end();
});

const server = await MockEtcdServer.start();
const client = new EtcdClient({ endpoints: server.endpoint });
const stop = new AbortController();
const reconcile = (key: string, { attempt }: { attempt: number }): void => {
  if (attempt === 1) throw new Error("not ready");
  if (key === "jobs/2") stop.abort();
  else server.faults.dropConnections();
};
await client.kv.put("jobs/1", "");
const running = new Controller(client, { prefix: "jobs/", reconcile }).run({ signal: stop.signal });
while (!told.some((line) => line.startsWith("etcd_watch.stream.breaks"))) await new Promise(setImmediate);
await client.kv.put("jobs/2", "");
await running;
await client.close();
await server.stop();
for (const line of told) console.log(line);
