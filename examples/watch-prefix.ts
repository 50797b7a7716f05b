import { watchOnce } from "../src/index.ts";

for await (const response of watchOnce(process.env["ETCD_ENDPOINTS"] ?? "127.0.0.1:2379", process.argv[2] ?? "hello", 1n)) {
  for (const event of response.events) {
    console.log(
      event.type === 0 ? "PUT" : "DELETE",
      Buffer.from(event.kv?.key ?? []).toString(),
      Buffer.from(event.kv?.value ?? []).toString(),
      event.kv?.modRevision,
    );
  }
}
