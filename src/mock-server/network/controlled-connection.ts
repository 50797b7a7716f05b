import { resetSocket } from "./reset-socket.ts";
import { Duplex } from "node:stream";
import type { Socket } from "node:net";

type Done = (error?: Error | null) => void;

/**
 * A client's socket with a hand on it: everything that passes can be held back, so that to the peer the link looks dead while it stands.
 * (HTTP/2 reads a bare socket natively; through a stream of our own every byte comes by here.)
 */
export class ControlledConnection extends Duplex {
  readonly #socket: Socket;
  #flow: { readonly at: "running" } | { readonly at: "paused"; held: (() => void)[] } = { at: "running" };

  constructor(socket: Socket) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => {
      if (!this.push(chunk)) socket.pause();
    });
    socket.on("end", () => {
      this.push(null);
    });
    socket.on("error", () => {
      this.destroy(); // a peer that is gone is no error of the server
    });
    socket.on("close", () => {
      this.destroy();
    });
  }

  get bytesReceived(): number {
    return this.#socket.bytesRead;
  }

  get bytesSent(): number {
    return this.#socket.bytesWritten;
  }

  /** Nothing is read and nothing is written until `resumeTraffic()`. */
  pauseTraffic(): void {
    if (this.#flow.at === "paused") return;
    this.#flow = { at: "paused", held: [] };
    this.#socket.pause();
  }

  resumeTraffic(): void {
    if (this.#flow.at === "running") return;
    const { held } = this.#flow;
    this.#flow = { at: "running" };
    for (const write of held) write();
    this.#socket.resume();
  }

  /** Ends the connection with a reset: the peer sees it at once, and nothing that was queued arrives. */
  reset(): void {
    resetSocket(this.#socket);
    this.destroy();
  }

  override _read(): void {
    if (this.#flow.at === "running") this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#whenRunning(() => {
      this.#socket.write(chunk, done);
    });
  }

  override _writev(chunks: { chunk: Buffer }[], done: Done): void {
    this.#whenRunning(() => {
      this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
    });
  }

  override _final(done: Done): void {
    this.#whenRunning(() => {
      this.#socket.end();
      done();
    });
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#socket.destroy();
    done(error);
  }

  #whenRunning(write: () => void): void {
    if (this.#flow.at === "running") write();
    else this.#flow.held.push(write);
  }
}
