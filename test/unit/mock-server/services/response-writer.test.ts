import { expect, it } from "vitest";
import { ResponseWriter } from "../../../../src/mock-server/services/response-writer.ts";
import type { ResponseWriterOptions } from "../../../../src/mock-server/services/response-writer.ts";

type Call = ResponseWriterOptions<number>["call"];
type Done = (error?: Error | null) => void;

/** A response is as many bytes as its number says. */
function stage() {
  const waiting: Done[] = [];
  const passed: Done[] = [];
  let rooms = 0;
  const call: Call = {
    write: ((_bytes: Buffer, done: Done) => {
      waiting.push(done);
      return false; // what Node's own mark says does not count
    }) as Call["write"],
    _write: (_bytes: Buffer, _encoding, done: Done) => {
      passed.push(done);
    },
  };
  const writer = new ResponseWriter<number>({ call, encode: (bytes) => Buffer.alloc(bytes), onRoom: () => rooms++ });
  return { call, writer, waiting, passed, rooms: () => rooms };
}

it("is full at 64 KiB, however many messages that is, and says once when there is room", () => {
  const { writer, waiting, rooms } = stage();
  for (let message = 0; message < 655; message++) expect(writer.write(100)).toBe(true);
  expect(writer.write(100)).toBe(false);
  expect(writer.write(100)).toBe(false);
  waiting.shift()?.();
  expect(rooms()).toBe(0);
  waiting.shift()?.();
  expect(rooms()).toBe(1);
  waiting.shift()?.();
  expect(rooms()).toBe(1);
  expect(writer.write(10)).toBe(true);
});

it("takes a message of any size, and nothing beside it", () => {
  const { writer, waiting, rooms } = stage();
  expect(writer.write(10_000_000)).toBe(false);
  expect(rooms()).toBe(0);
  waiting.shift()?.();
  expect(rooms()).toBe(1);
});

it("hands on together what Node has collected, and is done when all of it is, with the first error if there was one", () => {
  const { call, passed } = stage();
  const chunks = [1, 2, 3].map((bytes) => ({ chunk: Buffer.alloc(bytes), encoding: "utf8" as const }));
  const outcomes: unknown[] = [];
  const done: Done = (error) => outcomes.push(error ?? "done");
  call._writev?.(chunks, done);
  expect(passed).toHaveLength(3);
  for (const each of passed.splice(0)) {
    expect(outcomes).toEqual([]);
    each();
  }
  expect(outcomes).toEqual(["done"]);
  call._writev?.(chunks, done);
  const broken = new Error("broken");
  passed[0]?.();
  passed[1]?.(broken);
  passed[2]?.(new Error("broken too"));
  expect(outcomes).toEqual(["done", broken]);
});
