/** What the load server needs of HTTP/2 (RFC 9113), framed by hand: node:http2 costs more per message than some of the clients to be measured. */
export const frameType = { data: 0, headers: 1, rstStream: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 } as const;
export const frameFlag = { ack: 1, endStream: 1, endHeaders: 4 } as const;

export const FRAME_HEADER_BYTES = 9;
export const MAX_FRAME_BYTES = 16_384;
export const DEFAULT_WINDOW_BYTES = 65_535;
const LARGEST_WINDOW_BYTES = 2 ** 31 - 1;
export const SETTING_INITIAL_WINDOW_SIZE = 4;
export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

export function writeFrameHeader(
  target: Buffer,
  at: number,
  frame: { length: number; type: number; flags: number; streamId: number },
): void {
  target.writeUIntBE(frame.length, at, 3);
  target[at + 3] = frame.type;
  target[at + 4] = frame.flags;
  target.writeUInt32BE(frame.streamId, at + 5);
}

export function frame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  writeFrameHeader(bytes, 0, { length: payload.length, type, flags, streamId });
  payload.copy(bytes, FRAME_HEADER_BYTES);
  return bytes;
}

function windowUpdate(streamId: number, bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return frame(frameType.windowUpdate, 0, streamId, payload);
}

/** SETTINGS with the largest window, and the same for the connection: whoever sends to us never waits. */
export function wideOpen(): Buffer {
  const settings = Buffer.alloc(6);
  settings.writeUInt16BE(SETTING_INITIAL_WINDOW_SIZE);
  settings.writeUInt32BE(LARGEST_WINDOW_BYTES, 2);
  return Buffer.concat([frame(frameType.settings, 0, 0, settings), windowUpdate(0, LARGEST_WINDOW_BYTES - DEFAULT_WINDOW_BYTES)]);
}

/** Cuts what comes in from a socket into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  *read(chunk: Buffer): IterableIterator<Frame> {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= FRAME_HEADER_BYTES) {
      const end = FRAME_HEADER_BYTES + bytes.readUIntBE(0, 3);
      if (bytes.length < end) break;
      const streamId = bytes.readUInt32BE(5) & 0x7fff_ffff;
      yield { type: bytes.readUInt8(3), flags: bytes.readUInt8(4), streamId, payload: bytes.subarray(FRAME_HEADER_BYTES, end) };
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
  }
}

export const GRPC_PREFIX_BYTES = 5;

/** A message as gRPC frames it. */
export function grpcMessage(message: Uint8Array): Buffer {
  const bytes = Buffer.alloc(GRPC_PREFIX_BYTES + message.length);
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, GRPC_PREFIX_BYTES);
  return bytes;
}
