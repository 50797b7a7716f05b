// Serves a client's metrics to Prometheus as plain text on a loopback port; scrapes them once itself, prints what came, and ends.
//
//   ETCD_ENDPOINTS=127.0.0.1:2379 npx tsx examples/prometheus.ts
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { EtcdClient } from "etcd-watch";

/** One metric in Prometheus's text format; `byLabel` has a value for each value of the label. */
function metric(
  type: "counter" | "gauge",
  name: string,
  help: string,
  value: number | { label: string; byLabel: Record<string, number> },
): string {
  const samples =
    typeof value === "number"
      ? [`${name} ${value}`]
      : Object.entries(value.byLabel).map(([labelValue, each]) => `${name}{${value.label}="${labelValue}"} ${each}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples].join("\n");
}

function exposition(client: EtcdClient): string {
  const now = client.metrics();
  const text = [
    metric("gauge", "etcd_watch_connections", "Connections that are up.", now.connections),
    metric("gauge", "etcd_watch_streams", "Watch streams that are open.", now.streams),
    metric("gauge", "etcd_watch_watches", "Watches by where they are.", { label: "place", byLabel: now.watches }),
    metric("gauge", "etcd_watch_buffered_bytes", "Bytes that wait for readers.", now.bufferedBytes),
    metric("gauge", "etcd_watch_buffered_responses", "Responses that wait for readers.", now.bufferedResponses),
    metric("gauge", "etcd_watch_greatest_lag_revisions", "Revisions that the slowest reader is behind.", Number(now.greatestLag)),
    metric("gauge", "etcd_watch_last_response_timestamp_seconds", "When a message last came.", (now.lastResponseAtMs ?? 0) / 1_000),
    metric("gauge", "etcd_watch_last_progress_timestamp_seconds", "When a progress notice last came.", (now.lastProgressAtMs ?? 0) / 1_000),
    metric("counter", "etcd_watch_creates_total", "Create requests sent.", now.creates),
    metric("counter", "etcd_watch_cancels_total", "Cancel requests sent.", now.cancels),
    metric("counter", "etcd_watch_responses_total", "Messages received.", now.responses),
    metric("counter", "etcd_watch_events_total", "Events received.", now.events),
    metric("counter", "etcd_watch_received_bytes_total", "Bytes received.", now.bytesReceived),
    metric("counter", "etcd_watch_progress_notices_total", "Progress notices received.", now.progressNotices),
    metric("counter", "etcd_watch_parkings_total", "Times that a watch was parked.", now.parkings),
    metric("counter", "etcd_watch_ended_total", "Watches that ended, by cause.", { label: "cause", byLabel: now.ended }),
    metric("counter", "etcd_watch_reconnects_total", "Streams opened again, by cause.", { label: "code", byLabel: now.reconnects }),
  ];
  return `${text.join("\n")}\n`;
}

const client = new EtcdClient({ endpoints: (process.env["ETCD_ENDPOINTS"] ?? "127.0.0.1:2379").split(",") });
const watch = client.watch("config/", { prefix: true });
await watch.created;

const server = createServer((_, response) => response.setHeader("content-type", "text/plain; version=0.0.4").end(exposition(client)));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;

console.log(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
server.close();
server.closeAllConnections();
await client.close();
