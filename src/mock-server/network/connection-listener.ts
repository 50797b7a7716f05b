import { refuseSocket } from "./reset-socket.ts";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { ControlledConnection } from "./controlled-connection.ts";
import { closed, listening } from "./listening.ts";
import type { Address } from "./listening.ts";

/** Listens on a port, owns every connection that comes in, and hands each on. */
export class ConnectionListener {
  readonly #onConnection: (connection: ControlledConnection) => void;
  readonly #connections = new Set<ControlledConnection>();
  #server: Server | undefined;
  #admission: "accept" | "refuse" = "accept";
  #traffic: "running" | "paused" = "running";
  #accepted = 0;
  /** Bytes of connections that are gone. */
  #past = { received: 0, sent: 0 };

  constructor(onConnection: (connection: ControlledConnection) => void) {
    this.#onConnection = onConnection;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  get acceptedCount(): number {
    return this.#accepted;
  }

  get bytesReceived(): number {
    return [...this.#connections].reduce((sum, connection) => sum + connection.bytesReceived, this.#past.received);
  }

  get bytesSent(): number {
    return [...this.#connections].reduce((sum, connection) => sum + connection.bytesSent, this.#past.sent);
  }

  /** Resolves to the port. */
  listen(address: Address): Promise<number> {
    this.#server = createServer((socket) => {
      this.#accept(socket);
    });
    return listening(this.#server, address);
  }

  /** Resets every connection and frees the port. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const gone = closed(server);
    this.dropAll();
    await gone;
  }

  /** Those that stand now. */
  connections(): ControlledConnection[] {
    return [...this.#connections];
  }

  dropAll(): void {
    for (const connection of this.#connections) connection.reset();
  }

  /** New connections are reset as soon as they are made; those that stand stay. */
  refuse(): void {
    this.#admission = "refuse";
  }

  accept(): void {
    this.#admission = "accept";
  }

  /** Connections stand, also new ones, and nothing passes. */
  pause(): void {
    this.#traffic = "paused";
    for (const connection of this.#connections) connection.pauseTraffic();
  }

  resume(): void {
    this.#traffic = "running";
    for (const connection of this.#connections) connection.resumeTraffic();
  }

  #accept(socket: Socket): void {
    if (this.#admission === "refuse") {
      refuseSocket(socket);
      return;
    }
    this.#accepted++;
    const connection = new ControlledConnection(socket);
    this.#connections.add(connection);
    connection.once("close", () => {
      this.#connections.delete(connection);
      this.#past.received += connection.bytesReceived;
      this.#past.sent += connection.bytesSent;
    });
    if (this.#traffic === "paused") connection.pauseTraffic();
    this.#onConnection(connection);
  }
}
