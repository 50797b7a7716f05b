// Decodes watch responses with one decoder after the other, and prints the ns an event that each took.
import { decodeWatchMessage } from "../../../src/codec/watch-message.ts";
import { WatchResponse } from "../../../src/gen/rpc.ts";
import { responseWitness } from "../../support/protobuf-witness.ts";
import { GRPC_PREFIX_BYTES } from "../load/http2-frames.ts";
import { FIRST_REVISION, ResponseTemplate } from "../load/response-template.ts";
import { touchEvent } from "../measured/etcd-watch-client.ts";

export type CodecFigures = readonly { readonly events: number; readonly ns: Readonly<Partial<Record<string, readonly number[]>>> }[];

const BATCHES = [1, 10, 100, 1_000];
/** So many events are decoded in a round. */
const EVENTS = 200_000;

/** Each returns how many events it found. */
const decoders: Readonly<Record<string, (bytes: Buffer) => number>> = {
  ours: (bytes) => decodeWatchMessage(bytes).events.length,
  "ours, key and value touched": (bytes) => {
    const { events } = decodeWatchMessage(bytes);
    for (const event of events) touchEvent(event);
    return events.length;
  },
  "ts-proto": (bytes) => WatchResponse.decode(bytes).events.length,
  "google-protobuf": (bytes) => responseWitness.read(bytes).events.length,
};

function nsPerEvent(decode: (bytes: Buffer) => number, message: Buffer, events: number): number {
  let found = 0;
  const began = process.cpuUsage();
  for (let decoded = 0; decoded < events; decoded = found) found += decode(Buffer.from(message)); // as one comes from the socket
  const { user, system } = process.cpuUsage(began);
  return ((user + system) * 1_000) / found;
}

const [, , rounds = "5", scale = "1"] = process.argv;
const figures = BATCHES.map((events) => {
  const template = new ResponseTemplate({ watchId: 7n, events, valueBytes: 100 });
  template.number(template.bytes, 0, FIRST_REVISION);
  const message = template.bytes.subarray(GRPC_PREFIX_BYTES);
  const ns: Record<string, number[]> = {};
  for (let round = -1; round < Number(rounds); round++)
    for (const [name, decode] of Object.entries(decoders)) {
      const count = Math.ceil(EVENTS * Number(scale) * (name === "google-protobuf" ? 0.1 : 1));
      const figure = nsPerEvent(decode, message, count);
      if (round >= 0) (ns[name] ??= []).push(figure); // the first one found code that had not run before
    }
  return { events, ns };
});
console.log(JSON.stringify(figures satisfies CodecFigures));
