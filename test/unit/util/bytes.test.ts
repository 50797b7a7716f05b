import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asBuffer, compareBytes, NO_BYTES, toBytes } from "../../../src/util/bytes.ts";

describe("asBuffer()", () => {
  it("gives back a Buffer as it is", () => {
    const buffer = Buffer.from("abc");
    expect(asBuffer(buffer)).toBe(buffer);
  });

  it("looks at the same memory, from the same offset", () => {
    const memory = Uint8Array.from([0, 1, 2, 3, 4]);
    const buffer = asBuffer(memory.subarray(1, 4));
    expect([...buffer]).toEqual([1, 2, 3]);
    memory[2] = 9;
    expect([...buffer]).toEqual([1, 9, 3]);
  });
});

describe("toBytes()", () => {
  it("writes a string as UTF-8", () => {
    expect(toBytes("ä€😀").toString("hex")).toBe("c3a4e282acf09f9880");
  });

  it("takes bytes as they are, text or not", () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect([...toBytes(all)]).toEqual([...all]);
  });
});

describe("compareBytes()", () => {
  it("orders bytewise, without a sign, a prefix first", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        const index = a.findIndex((byte, position) => byte !== b[position]);
        const order = index === -1 ? a.length - b.length : (a[index] ?? 0) - (b[index] ?? -1);
        expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(order));
      }),
    );
    expect(compareBytes(Uint8Array.of(0x7f), Uint8Array.of(0x80))).toBeLessThan(0);
  });

  it("orders as etcd does, not as JavaScript orders strings", () => {
    const [last, astral] = ["\uffff", "\u{1f600}"];
    expect(astral < last).toBe(true); // UTF-16
    expect(compareBytes(toBytes(astral), toBytes(last))).toBeGreaterThan(0);
  });
});

describe("NO_BYTES", () => {
  it("is empty", () => {
    expect(NO_BYTES).toHaveLength(0);
  });
});
