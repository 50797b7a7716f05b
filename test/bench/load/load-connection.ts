import type { Socket } from "node:net";
import { type Fire, MAX_BLOCK_BYTES } from "./fire.ts";
import {
  DEFAULT_WINDOW_BYTES,
  type Frame,
  frame,
  FRAME_HEADER_BYTES,
  frameFlag,
  FrameReader,
  frameType,
  MAX_FRAME_BYTES,
  PREFACE,
  SETTING_INITIAL_WINDOW_SIZE,
  wideOpen,
  writeFrameHeader,
} from "./http2-frames.ts";
import { LoadStream, type PutRevision } from "./load-stream.ts";

/** `:status: 200` and `content-type: application/grpc`, in HPACK without its table. */
const RESPONSE_HEADERS = Buffer.concat([Buffer.from([0x88, 0x0f, 0x10, 16]), Buffer.from("application/grpc")]);
/** So much may wait in the socket: enough that it never runs dry. */
const MOST_QUEUED_BYTES = 512 * 1024;

/** One HTTP/2 connection of a client, as far as a Watch stream needs it: it keeps to the client's windows and answers its pings. */
export class LoadConnection {
  readonly streams = new Map<number, LoadStream>();
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #spare: Buffer[] = [];
  readonly #onAnswered: () => void;
  readonly #puts: PutRevision;
  #preface = PREFACE.length;
  #window = DEFAULT_WINDOW_BYTES;
  #streamWindow = DEFAULT_WINDOW_BYTES;

  constructor(socket: Socket, { onAnswered, puts }: { onAnswered: () => void; puts: PutRevision }) {
    this.#socket = socket;
    this.#onAnswered = onAnswered;
    this.#puts = puts;
    socket.setNoDelay(true);
    socket.on("error", () => undefined); // "close" follows
    socket.on("close", () => {
      for (const stream of this.streams.values()) stream.close();
      this.streams.clear();
    });
    socket.on("drain", () => {
      this.#pump();
    });
    socket.on("data", (chunk) => {
      const skipped = Math.min(this.#preface, chunk.length);
      this.#preface -= skipped;
      for (const each of this.#reader.read(chunk.subarray(skipped))) this.#onFrame(each);
      this.#pump();
    });
    socket.write(wideOpen());
  }

  cut(): void {
    this.#socket.destroy();
  }

  #onFrame({ type, flags, streamId, payload }: Frame): void {
    const stream = this.streams.get(streamId);
    if (type === frameType.data) stream?.receive(payload);
    else if (type === frameType.headers) this.#open(streamId);
    else if (type === frameType.settings && (flags & frameFlag.ack) === 0) this.#onSettings(payload);
    else if (type === frameType.ping && (flags & frameFlag.ack) === 0)
      this.#socket.write(frame(frameType.ping, frameFlag.ack, 0, Buffer.from(payload)));
    else if (type === frameType.windowUpdate) {
      if (streamId === 0) this.#window += payload.readUInt32BE();
      else if (stream !== undefined) stream.window += payload.readUInt32BE();
    } else if (type === frameType.rstStream) {
      stream?.close();
      this.streams.delete(streamId);
    } else if (type === frameType.goAway) this.#socket.end();
  }

  #open(streamId: number): void {
    const wake = (): void => {
      this.#pump();
    };
    this.streams.set(
      streamId,
      new LoadStream({ id: streamId, window: this.#streamWindow, onAnswered: this.#onAnswered, wake, puts: this.#puts }),
    );
    this.#socket.write(frame(frameType.headers, frameFlag.endHeaders, streamId, RESPONSE_HEADERS));
  }

  #onSettings(payload: Buffer): void {
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      if (payload.readUInt16BE(at) !== SETTING_INITIAL_WINDOW_SIZE) continue;
      const size = payload.readUInt32BE(at + 2);
      for (const stream of this.streams.values()) stream.window += size - this.#streamWindow;
      this.#streamWindow = size;
    }
    this.#socket.write(frame(frameType.settings, frameFlag.ack, 0, Buffer.alloc(0)));
  }

  /** Sends, in turn for each stream, until the windows are used up or the socket has enough. */
  #pump(): void {
    let progress = true;
    while (progress && this.#socket.writableLength < MOST_QUEUED_BYTES && !this.#socket.destroyed) {
      progress = false;
      for (const stream of this.streams.values()) if (this.#sendSome(stream)) progress = true;
    }
  }

  #sendSome(stream: LoadStream): boolean {
    if (stream.rest !== undefined) return this.#sendPieces(stream, stream.rest);
    if (stream.messages.length > 0) return this.#sendMessages(stream);
    const fire = stream.fires.shift();
    if (fire === undefined) return false;
    const sent = this.#sendBlock(stream, fire) || (this.#room(stream) > 0 && this.#sendPieces(stream, fire.next()));
    if (!fire.isOver) stream.fires.push(fire); // the other watches of the stream come first
    return sent;
  }

  #sendBlock(stream: LoadStream, fire: Fire): boolean {
    const block = this.#buffer(MAX_BLOCK_BYTES);
    const count = fire.fill(block, this.#room(stream));
    if (count === 0) {
      this.#spare.push(block);
      return false;
    }
    this.#took(stream, count * fire.messageBytes);
    this.#send(block, count * fire.frameBytes);
    return true;
  }

  #sendMessages(stream: LoadStream): boolean {
    if (this.#room(stream) === 0) return false;
    this.#socket.cork();
    const messages = stream.messages.splice(0);
    let sent = 0;
    for (; sent < messages.length && stream.rest === undefined && this.#room(stream) > 0; sent++)
      this.#sendPieces(stream, messages[sent] ?? Buffer.alloc(0));
    if (sent < messages.length) stream.messages.unshift(...messages.slice(sent));
    this.#socket.uncork();
    return true;
  }

  /** A message in frames, as far as the windows let; what is left waits as the stream's `rest`. */
  #sendPieces(stream: LoadStream, message: Buffer): boolean {
    const length = Math.min(message.length, this.#room(stream));
    if (length > 0) {
      const bytes = this.#buffer(length + FRAME_HEADER_BYTES * Math.ceil(length / MAX_FRAME_BYTES));
      let at = 0;
      for (let start = 0; start < length; start += MAX_FRAME_BYTES) {
        const end = Math.min(start + MAX_FRAME_BYTES, length);
        writeFrameHeader(bytes, at, { length: end - start, type: frameType.data, flags: 0, streamId: stream.id });
        message.copy(bytes, at + FRAME_HEADER_BYTES, start, end);
        at += FRAME_HEADER_BYTES + end - start;
      }
      this.#took(stream, length);
      this.#send(bytes, at);
    }
    stream.rest = length < message.length ? message.subarray(length) : undefined;
    return length > 0;
  }

  /** A large one was used before, if it can be: fresh memory costs more than what is written into it. */
  #buffer(bytes: number): Buffer {
    if (bytes < MAX_FRAME_BYTES) return Buffer.allocUnsafe(bytes);
    const spare = this.#spare.pop();
    return spare !== undefined && spare.length >= bytes ? spare : Buffer.allocUnsafeSlow(Math.max(bytes, MAX_BLOCK_BYTES));
  }

  #send(buffer: Buffer, bytes: number): void {
    if (buffer.length < MAX_BLOCK_BYTES) this.#socket.write(buffer);
    else this.#socket.write(buffer.subarray(0, bytes), () => this.#spare.push(buffer));
  }

  #room(stream: LoadStream): number {
    return Math.max(0, Math.min(this.#window, stream.window));
  }

  #took(stream: LoadStream, bytes: number): void {
    this.#window -= bytes;
    stream.window -= bytes;
  }
}
