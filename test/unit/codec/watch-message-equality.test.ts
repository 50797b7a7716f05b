import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeWatchMessage } from "../../../src/codec/watch-message.ts";
import { ProtocolError } from "../../../src/errors/etcd-error.ts";
import { ResponseHeader, WatchResponse } from "../../../src/gen/rpc.ts";
import { anyEvent, anyHeader, anyResponse } from "../../support/any-watch-message.ts";
import { responseWitness } from "../../support/protobuf-witness.ts";
import { type Answer, answersOf, questionsOf } from "../../support/watch-message-answers.ts";

/** Equal to the generated codec: in what it reads, and in what it refuses. */
function expectEqual(bytes: Buffer): void {
  let generated: ReadonlyMap<string, Answer>;
  try {
    generated = answersOf(bytes);
  } catch {
    expect(() => decodeWatchMessage(bytes)).toThrow(ProtocolError);
    return;
  }
  const answers = questionsOf(decodeWatchMessage(bytes)).map(({ path, ask }) => [path, ask()] as const);
  expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(generated));
}

const encoded = (response: WatchResponse): Buffer => Buffer.from(WatchResponse.encode(response).finish());
const anyEncoded = anyResponse.map(encoded);

/** A field that nobody knows, in each of the wire types. */
const unknownField = fc.constantFrom("a00601", "a206023132", "a5060102030405", "a1060102030405060708", "080596", "6201ff", "5800");

describe("decodeWatchMessage() is equal to the generated codec", () => {
  it("on every message", () => {
    fc.assert(fc.property(anyEncoded, expectEqual), { numRuns: 1_000 });
  });

  it("on what google-protobuf writes", () => {
    fc.assert(
      fc.property(anyResponse, (response) => {
        expectEqual(Buffer.from(responseWitness.write(response)));
      }),
      { numRuns: 300 },
    );
  });

  it("on fields in any order, repeated, and unknown", () => {
    const field = fc.oneof(
      anyHeader.map((header) => WatchResponse.encode(WatchResponse.fromPartial({ header }))),
      anyEvent.map((event) => WatchResponse.encode(WatchResponse.fromPartial({ events: [event] }))),
      anyResponse.map((response) => WatchResponse.encode(response)),
    );
    const part = fc.oneof(
      field.map((writer) => Buffer.from(writer.finish())),
      unknownField.map((hex) => Buffer.from(hex, "hex")),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        expectEqual(Buffer.concat(parts));
      }),
      { numRuns: 1_000 },
    );
  });

  it("on damaged messages: cut short, with other bytes in them, with bytes left out", () => {
    fc.assert(
      fc.property(anyEncoded, fc.nat(), fc.nat(255), fc.constantFrom("cut", "set", "drop"), (bytes, at, byte, how) => {
        if (bytes.length === 0) return;
        const position = at % bytes.length;
        if (how === "cut") expectEqual(bytes.subarray(0, position));
        else if (how === "drop") expectEqual(Buffer.concat([bytes.subarray(0, position), bytes.subarray(position + 1)]));
        else {
          const damaged = Buffer.from(bytes);
          damaged[position] = byte;
          expectEqual(damaged);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it("on bytes that are no message at all", () => {
    const tagLike = fc.constantFrom(8, 10, 16, 18, 24, 26, 32, 40, 42, 48, 50, 56, 90, 0, 1, 2, 3, 0x7f, 0x80, 0xff);
    fc.assert(
      fc.property(fc.array(fc.oneof(tagLike, fc.nat(255)), { maxLength: 60 }), (bytes) => {
        expectEqual(Buffer.from(bytes));
      }),
      { numRuns: 10_000 },
    );
  });

  it("on a header like the last one, and on one that only begins like it", () => {
    const header = (fields: Partial<ResponseHeader>): Buffer =>
      encoded(
        WatchResponse.fromPartial({ header: ResponseHeader.fromPartial({ clusterId: 2n ** 63n + 5n, memberId: 2n ** 62n, ...fields }) }),
      );
    for (const fields of [
      { revision: 5n },
      { revision: 6n, raftTerm: 2n },
      { memberId: 7n },
      { memberId: 2n ** 62n + 1n },
      { clusterId: 0n },
    ])
      expectEqual(header(fields));
    const ids = ResponseHeader.encode(ResponseHeader.fromPartial({ clusterId: 3n, memberId: 4n })).finish();
    const again = ResponseHeader.encode(ResponseHeader.fromPartial({ revision: 9n, clusterId: 5n })).finish();
    for (const parts of [[ids], [ids, again], [again, ids], [ids, ids, again], [again]]) {
      const bytes = Buffer.concat(parts);
      expectEqual(Buffer.concat([Buffer.from([10, bytes.length]), bytes]));
    }
  });

  it.each([
    ["a revision", "0a0418091004"],
    ["a term", "0a0420031004"],
    ["both", "0a06180920031004"],
  ])("on a header with %s before its ids, which comes twice", (_, hex) => {
    expectEqual(Buffer.from(hex, "hex"));
    expectEqual(Buffer.from(hex, "hex"));
  });

  it.each([
    ["a length of more than 2^32", "5a8080808010"],
    ["a negative length", "5affffffffffffffffff01"],
    ["a varint of eleven bytes", "10ffffffffffffffffffff01"],
    ["a length of 2^63 in a key", "5a0e120c0a808080808080808080010102"],
    ["an event that ends in the middle of a number", "5a0412021880"],
    ["an event that reaches over the end of the message", "5a0512051801"],
    ["an event that ends before the number of its last field", "5a0612030a0161081005"],
    ["a key that ends before the number of its last field", "5a0812040a0161180800"],
    ["a header that ends before the number of its last field", "0a01181005"],
    ["an event type of 2^32 + 1", "5a0b08818080801012030a0161"],
    ["a negative event type", "5a1008ffffffffffffffffff0112030a0161"],
    ["an event type of -2^63, whose lower 32 bits are those of a put", "5a1008808080808080808080011203" + "0a0161"],
    ["an event type of -2^32 + 1, whose lower 32 bits are those of a delete", "5a100881808080f0ffffffff011203" + "0a0161"],
    ["a number in more bytes than it needs", "10838080808000"],
    ["a bool of 2^40", "1880808080808020"],
    ["a reason with a byte order mark", "3204efbbbf61"],
    ["a reason that is no UTF-8", "3202c328"],
  ])("on %s", (_, hex) => {
    expectEqual(Buffer.from(hex, "hex"));
  });
});
