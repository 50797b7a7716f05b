import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Event, KeyValue } from "../../src/gen/kv.ts";
import { ResponseHeader, WatchCreateRequest, WatchResponse } from "../../src/gen/rpc.ts";
import { anyCreateRequest, anyEvent, anyHeader, anyKeyValue, anyResponse } from "../support/any-watch-message.ts";
import {
  createRequestWitness,
  eventWitness,
  headerWitness,
  keyValueWitness,
  responseWitness,
  written,
} from "../support/protobuf-witness.ts";

interface Codec<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}
interface Witness<Message> {
  write(message: Message): Uint8Array;
  read(bytes: Uint8Array): Message;
}

/** The same for Buffer and Uint8Array, and readable when it differs. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
  return value;
}

function checkCodec<Message>(codec: Codec<Message>, witness: Witness<Message>, anyMessage: fc.Arbitrary<Message>): void {
  it("writes what the witness writes, to the byte", () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(plain(codec.encode(message).finish())).toBe(plain(witness.write(message)));
      }),
    );
  });

  it("reads what the witness wrote", () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(plain(codec.decode(witness.write(message)))).toEqual(plain(message));
      }),
    );
  });

  it("writes what the witness reads", () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        expect(plain(witness.read(codec.encode(message).finish()))).toEqual(plain(message));
      }),
    );
  });
}

describe("KeyValue of src/gen", () => {
  checkCodec(KeyValue, keyValueWitness, anyKeyValue);
});

describe("Event of src/gen", () => {
  checkCodec(Event, eventWitness, anyEvent);
});

describe("ResponseHeader of src/gen", () => {
  checkCodec(ResponseHeader, headerWitness, anyHeader);
});

describe("WatchCreateRequest of src/gen", () => {
  checkCodec(WatchCreateRequest, createRequestWitness, anyCreateRequest);

  it("has no empty range end on the wire", () => {
    const request = { ...WatchCreateRequest.decode(new Uint8Array()), key: Uint8Array.of(0x61), rangeEnd: new Uint8Array() };
    expect(Buffer.from(WatchCreateRequest.encode(request).finish()).toString("hex")).toBe("0a0161");
  });

  it("refuses to write an integer that does not fit into 64 bits, where it could have cut it", () => {
    const request = { ...WatchCreateRequest.decode(new Uint8Array()), startRevision: 2n ** 63n };
    expect(() => WatchCreateRequest.encode(request)).toThrow();
  });
});

describe("WatchResponse of src/gen", () => {
  checkCodec(WatchResponse, responseWitness, anyResponse);

  it("passes over fields that it does not know, as those of a later etcd would be", () => {
    const later = written((writer) => {
      writer.writeInt64String(2, "7");
      writer.writeString(99, "something new");
      writer.writeInt64String(100, "5");
    });
    expect(WatchResponse.decode(later)).toEqual({ ...WatchResponse.decode(new Uint8Array()), watchId: 7n });
  });
});
