import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** Accepts connections and never says a word: what a hung server looks like. */
export class SilentServer implements AsyncDisposable {
  readonly #server = createServer((socket) => {
    this.#sockets.add(socket);
    this.accepted++;
    socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
    socket.resume(); // or the end of the client's side would not be seen
  });
  readonly #sockets = new Set<Socket>();
  accepted = 0;

  static async start(): Promise<SilentServer> {
    const server = new SilentServer();
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get endpoint(): string {
    return `127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
