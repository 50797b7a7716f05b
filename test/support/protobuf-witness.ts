import jspb from "google-protobuf";
import { Event, Event_EventType, KeyValue } from "../../src/gen/kv.ts";
import { ResponseHeader, WatchCreateRequest, WatchCreateRequest_FilterType, WatchResponse } from "../../src/gen/rpc.ts";

/**
 * google-protobuf, which shares no code with our codec, as a witness: readers and writers by hand, from the field numbers that etcd publishes.
 * What it writes must be what we write, to the byte, and each must read what the other wrote.
 */
type Reader = InstanceType<typeof jspb.BinaryReader>;
type Writer = InstanceType<typeof jspb.BinaryWriter>;

/** What becomes of a field that is not known, or has another wire type than its own: protobuf's rule is to skip it. */
type Unknown = "refuse" | "skip";

/** One way to read each field of a message, by its tag. */
type FieldReaders = Readonly<Record<number, (reader: Reader) => void>>;

const varint = (field: number): number => field * 8;
const delimited = (field: number): number => field * 8 + 2;

function readFields(bytes: Uint8Array, fields: FieldReaders, unknown: Unknown): void {
  const reader = new jspb.BinaryReader(bytes);
  while (reader.nextField()) {
    const read = fields[reader.getFieldNumber() * 8 + reader.getWireType()];
    if (read !== undefined) read(reader);
    else if (unknown === "skip") reader.skipField();
    else throw new Error(`there is no field ${String(reader.getFieldNumber())} of wire type ${String(reader.getWireType())}`);
  }
}

export function written(write: (writer: Writer) => void): Uint8Array {
  const writer = new jspb.BinaryWriter();
  write(writer);
  return writer.getResultBuffer();
}

// proto3 has no zero on the wire; the witness would write it.
const int64 = (writer: Writer, field: number, value: bigint): void => {
  if (value !== 0n) writer.writeInt64String(field, String(value));
};
const uint64 = (writer: Writer, field: number, value: bigint): void => {
  if (value !== 0n) writer.writeUint64String(field, String(value));
};
const bool = (writer: Writer, field: number, value: boolean): void => {
  if (value) writer.writeBool(field, value);
};
const bytesField = (writer: Writer, field: number, value: Uint8Array): void => {
  if (value.length > 0) writer.writeBytes(field, value);
};

export const keyValueWitness = {
  write: (kv: KeyValue): Uint8Array =>
    written((writer) => {
      bytesField(writer, 1, kv.key);
      int64(writer, 2, kv.createRevision);
      int64(writer, 3, kv.modRevision);
      int64(writer, 4, kv.version);
      bytesField(writer, 5, kv.value);
      int64(writer, 6, kv.lease);
    }),
  read(bytes: Uint8Array, unknown: Unknown = "refuse"): KeyValue {
    const kv: KeyValue = { key: new Uint8Array(), createRevision: 0n, modRevision: 0n, version: 0n, value: new Uint8Array(), lease: 0n };
    readFields(
      bytes,
      {
        [delimited(1)]: (reader) => (kv.key = reader.readBytes()),
        [varint(2)]: (reader) => (kv.createRevision = BigInt(reader.readInt64String())),
        [varint(3)]: (reader) => (kv.modRevision = BigInt(reader.readInt64String())),
        [varint(4)]: (reader) => (kv.version = BigInt(reader.readInt64String())),
        [delimited(5)]: (reader) => (kv.value = reader.readBytes()),
        [varint(6)]: (reader) => (kv.lease = BigInt(reader.readInt64String())),
      },
      unknown,
    );
    return kv;
  },
};

export const eventWitness = {
  write: (event: Event): Uint8Array =>
    written((writer) => {
      if (event.type !== 0) writer.writeEnum(1, event.type);
      if (event.kv !== undefined) writer.writeBytes(2, keyValueWitness.write(event.kv));
      if (event.prevKv !== undefined) writer.writeBytes(3, keyValueWitness.write(event.prevKv));
    }),
  read(bytes: Uint8Array, unknown: Unknown = "refuse"): Event {
    const event: Event = { type: Event_EventType.PUT, kv: undefined, prevKv: undefined };
    readFields(
      bytes,
      {
        [varint(1)]: (reader) => (event.type = reader.readEnum() as Event["type"]),
        [delimited(2)]: (reader) => (event.kv = keyValueWitness.read(reader.readBytes(), unknown)),
        [delimited(3)]: (reader) => (event.prevKv = keyValueWitness.read(reader.readBytes(), unknown)),
      },
      unknown,
    );
    return event;
  },
};

export const headerWitness = {
  write: (header: ResponseHeader): Uint8Array =>
    written((writer) => {
      uint64(writer, 1, header.clusterId);
      uint64(writer, 2, header.memberId);
      int64(writer, 3, header.revision);
      uint64(writer, 4, header.raftTerm);
    }),
  read(bytes: Uint8Array, unknown: Unknown = "refuse"): ResponseHeader {
    const header: ResponseHeader = { clusterId: 0n, memberId: 0n, revision: 0n, raftTerm: 0n };
    readFields(
      bytes,
      {
        [varint(1)]: (reader) => (header.clusterId = BigInt(reader.readUint64String())),
        [varint(2)]: (reader) => (header.memberId = BigInt(reader.readUint64String())),
        [varint(3)]: (reader) => (header.revision = BigInt(reader.readInt64String())),
        [varint(4)]: (reader) => (header.raftTerm = BigInt(reader.readUint64String())),
      },
      unknown,
    );
    return header;
  },
};

export const createRequestWitness = {
  write: (request: WatchCreateRequest): Uint8Array =>
    written((writer) => {
      bytesField(writer, 1, request.key);
      bytesField(writer, 2, request.rangeEnd);
      int64(writer, 3, request.startRevision);
      bool(writer, 4, request.progressNotify);
      if (request.filters.length > 0) writer.writePackedEnum(5, request.filters);
      bool(writer, 6, request.prevKv);
      int64(writer, 7, request.watchId);
      bool(writer, 8, request.fragment);
    }),
  read(bytes: Uint8Array, unknown: Unknown = "refuse"): WatchCreateRequest {
    const request = WatchCreateRequest.decode(new Uint8Array());
    readFields(
      bytes,
      {
        [delimited(1)]: (reader) => (request.key = reader.readBytes()),
        [delimited(2)]: (reader) => (request.rangeEnd = reader.readBytes()),
        [varint(3)]: (reader) => (request.startRevision = BigInt(reader.readInt64String())),
        [varint(4)]: (reader) => (request.progressNotify = reader.readBool()),
        // Packed: its values are below 128, so each is one byte.
        [delimited(5)]: (reader) =>
          (request.filters = [...reader.readBytes()].map((value) =>
            value === 1 ? WatchCreateRequest_FilterType.NODELETE : WatchCreateRequest_FilterType.NOPUT,
          )),
        [varint(6)]: (reader) => (request.prevKv = reader.readBool()),
        [varint(7)]: (reader) => (request.watchId = BigInt(reader.readInt64String())),
        [varint(8)]: (reader) => (request.fragment = reader.readBool()),
      },
      unknown,
    );
    return request;
  },
};

export const responseWitness = {
  write: (response: WatchResponse): Uint8Array =>
    written((writer) => {
      if (response.header !== undefined) writer.writeBytes(1, headerWitness.write(response.header));
      int64(writer, 2, response.watchId);
      bool(writer, 3, response.created);
      bool(writer, 4, response.canceled);
      int64(writer, 5, response.compactRevision);
      if (response.cancelReason !== "") writer.writeString(6, response.cancelReason);
      bool(writer, 7, response.fragment);
      for (const event of response.events) writer.writeBytes(11, eventWitness.write(event));
    }),
  read(bytes: Uint8Array, unknown: Unknown = "refuse"): WatchResponse {
    const response = WatchResponse.decode(new Uint8Array());
    readFields(
      bytes,
      {
        [delimited(1)]: (reader) => (response.header = headerWitness.read(reader.readBytes(), unknown)),
        [varint(2)]: (reader) => (response.watchId = BigInt(reader.readInt64String())),
        [varint(3)]: (reader) => (response.created = reader.readBool()),
        [varint(4)]: (reader) => (response.canceled = reader.readBool()),
        [varint(5)]: (reader) => (response.compactRevision = BigInt(reader.readInt64String())),
        [delimited(6)]: (reader) => (response.cancelReason = reader.readString()),
        [varint(7)]: (reader) => (response.fragment = reader.readBool()),
        [delimited(11)]: (reader) => response.events.push(eventWitness.read(reader.readBytes(), unknown)),
      },
      unknown,
    );
    return response;
  },
};
