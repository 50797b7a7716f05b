import { connect, type Socket } from "node:net";
import { WatchCreateRequest, WatchRequest } from "../../../src/gen/rpc.ts";
import { frame, FRAME_HEADER_BYTES, frameFlag, frameType, grpcMessage, PREFACE, wideOpen } from "../load/http2-frames.ts";
import { parseLoadKey } from "../load/load-key.ts";
import { ResponseTemplate } from "../load/response-template.ts";
import type { MeasuredClient, WatchWish } from "./measured-client.ts";

const PATH = "/etcdserverpb.Watch/Watch";
/** `:method: POST`, `:scheme: http`, `:path`, `te: trailers`, in HPACK without its table. */
const REQUEST_HEADERS = Buffer.concat([
  Buffer.from([0x83, 0x86, 0x04, PATH.length]),
  Buffer.from(PATH),
  Buffer.from([0x00, 2]),
  Buffer.from("te"),
  Buffer.from([8]),
  Buffer.from("trailers"),
]);

const READ_BYTES = 64 * 1024;

/** Counts the bytes that come from the socket, and looks at none: what the load server can do at the most. */
export class ByteCounter implements MeasuredClient {
  readonly #socket: Socket;
  #onBytes: (bytes: number) => void = () => undefined;

  constructor(endpoint: string) {
    // Into one buffer: a new one for each read would cost more than the reading.
    const onread = {
      buffer: Buffer.alloc(READ_BYTES),
      callback: (bytes: number): boolean => {
        this.#onBytes(bytes);
        return true;
      },
    };
    this.#socket = connect({ port: Number(endpoint.split(":")[1]), host: "127.0.0.1", onread });
  }

  watch({ key, onEvents }: WatchWish): Promise<unknown> {
    const load = parseLoadKey(key);
    if (load.kind !== "fire") throw new Error(`Bytes can be counted of a fire, not of ${key}`);
    const { eventsPerResponse: events, valueBytes, responses } = load;
    const message = new ResponseTemplate({ watchId: 0n, events, valueBytes }).bytes.length;
    const eventBytes = (message + FRAME_HEADER_BYTES) / events;
    let left = responses * events;
    let bytes = 0;
    this.#onBytes = (read) => {
      bytes += read;
      const whole = Math.min(left, Math.floor(bytes / eventBytes));
      bytes -= whole * eventBytes;
      left -= whole;
      if (whole > 0) void onEvents(whole, undefined);
    };
    const value = { ...WatchCreateRequest.create(), key: Buffer.from(key) };
    const request = grpcMessage(WatchRequest.encode({ requestUnion: { $case: "createRequest", value } }).finish());
    this.#socket.write(
      Buffer.concat([
        PREFACE,
        wideOpen(),
        frame(frameType.headers, frameFlag.endHeaders, 1, REQUEST_HEADERS),
        frame(frameType.data, 0, 1, request),
      ]),
    );
    return Promise.resolve();
  }

  revisionOf(): number {
    throw new Error("Bytes have no revision");
  }

  valueOf(): Buffer {
    throw new Error("Bytes have no value");
  }

  close(): void {
    this.#socket.destroy();
  }
}
