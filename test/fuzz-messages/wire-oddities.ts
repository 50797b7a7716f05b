/** What is unusual in the bytes of a message, by protobuf's own rules. Without any of it every reader must read the same. */
export type Oddity =
  | "cut short"
  | "over the end of its message"
  | "varint of more than 64 bits"
  | "varint of more than 10 bytes"
  | "tag of more than 32 bits"
  | "length of 2^31 or more"
  | "field number 0"
  | "wire type 6 or 7"
  | "end of no group"
  | "end of another group"
  | "groups more than 100 deep"
  | "a message twice"
  | "no UTF-8"
  | "byte order mark";

/** A message as far as its form matters: which fields are messages themselves, and which are text. */
interface Shape {
  readonly messages: Readonly<Record<number, Shape>>;
  readonly texts: readonly number[];
  /** A message in it that may come more than once. */
  readonly repeated?: number;
}

const PLAIN: Shape = { messages: {}, texts: [] };
const EVENT: Shape = { messages: { 2: PLAIN, 3: PLAIN }, texts: [] };
const RESPONSE: Shape = { messages: { 1: PLAIN, 11: EVENT }, texts: [6], repeated: 11 };

const MOST_GROUPS = 100;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Reads a watch response as strictly as protobuf's specification allows, with nothing of the readers that are compared. */
export function odditiesOf(bytes: Uint8Array): ReadonlySet<Oddity> {
  const scan = new Scan(bytes);
  try {
    scan.message(0, bytes.length, RESPONSE);
  } catch (error) {
    if (error !== UNREADABLE) throw error;
  }
  return scan.found;
}

const UNREADABLE = new Error("from here on nothing means anything");

class Scan {
  readonly found = new Set<Oddity>();
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  message(start: number, end: number, shape: Shape): void {
    const seen = new Set<number>();
    this.#position = start;
    while (this.#position < end) {
      const { number, wireType } = this.#tag(end);
      if (wireType !== 2) this.#skip(number, wireType, end, 0);
      else {
        const length = this.#length(end);
        const from = this.#position;
        const inner = shape.messages[number];
        if (inner !== undefined) {
          if (seen.has(number) && number !== shape.repeated) this.found.add("a message twice");
          seen.add(number);
          this.message(from, this.#within(from + length, end), inner);
        } else {
          this.#forward(length, end);
          if (shape.texts.includes(number)) this.#text(this.#bytes.subarray(from, from + length));
        }
      }
    }
  }

  #text(bytes: Uint8Array): void {
    if (!isUtf8(bytes)) this.found.add("no UTF-8");
    if (Buffer.from(bytes).toString().startsWith("\u{feff}")) this.found.add("byte order mark");
  }

  #tag(end: number): { readonly number: number; readonly wireType: number } {
    const start = this.#position;
    const tag = this.#varint(end);
    if (tag >= 2n ** 32n || this.#position - start > 5) this.found.add("tag of more than 32 bits");
    const [number, wireType] = [Number((tag & 0xffff_ffffn) >> 3n), Number(tag & 7n)];
    if (number === 0) this.#unreadable("field number 0");
    if (wireType > 5) this.#unreadable("wire type 6 or 7");
    return { number, wireType };
  }

  #skip(number: number, wireType: number, end: number, depth: number): void {
    if (wireType === 0) this.#varint(end);
    else if (wireType === 1) this.#forward(8, end);
    else if (wireType === 5) this.#forward(4, end);
    else if (wireType === 2) this.#forward(this.#length(end), end);
    else if (wireType === 4) this.#unreadable("end of no group");
    else this.#group(number, end, depth + 1);
  }

  #group(number: number, end: number, depth: number): void {
    if (depth > MOST_GROUPS) this.#unreadable("groups more than 100 deep");
    for (;;) {
      const inner = this.#tag(end);
      if (inner.wireType === 4) {
        if (inner.number !== number) this.#unreadable("end of another group");
        return;
      }
      this.#skip(inner.number, inner.wireType, end, depth);
    }
  }

  /** Only the lower 32 bits of it: there may be more to find. */
  #length(end: number): number {
    const length = this.#varint(end);
    if (length >= 2n ** 31n) this.found.add("length of 2^31 or more");
    return Number(length & 0xffff_ffffn);
  }

  /** Where a message ends that says it ends at `to`: what is odd in it further on is to be found as well. */
  #within(to: number, end: number): number {
    if (to <= end) return to;
    this.found.add(end === this.#bytes.length ? "cut short" : "over the end of its message");
    return Math.min(to, this.#bytes.length);
  }

  #varint(end: number): bigint {
    let value = 0n;
    for (let index = 0; index < 10; index++) {
      this.#forward(1, end);
      const byte = this.#bytes[this.#position - 1] ?? 0;
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) {
        if (value >= 2n ** 64n) this.found.add("varint of more than 64 bits");
        return BigInt.asUintN(64, value);
      }
    }
    this.#unreadable("varint of more than 10 bytes");
  }

  #forward(count: number, end: number): void {
    if (this.#position + count > end) this.#unreadable(end === this.#bytes.length ? "cut short" : "over the end of its message");
    this.#position += count;
  }

  #unreadable(oddity: Oddity): never {
    this.found.add(oddity);
    throw UNREADABLE;
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
