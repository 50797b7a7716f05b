/** The bundled server for `leaks.ts`, which talks to it by messages. Ends with it. */
import { MockEtcdServer } from "etcd-watch/mock-server";

const server = await MockEtcdServer.start();
process.on("message", () => {
  process.send?.(server.metrics);
});
process.once("disconnect", () => {
  void server.stop();
});
process.send?.(server.endpoint);
