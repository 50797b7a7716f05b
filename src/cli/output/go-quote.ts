import { isUtf8 } from "node:buffer";

const escapes: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** What Go calls printable: letters, marks, numbers, punctuation, symbols, and of the spaces the one. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Bytes as Go's `%q` writes them: what is no UTF-8 as \xff, what is not printable as \u00a0. */
export function quoteGo(value: string | Uint8Array): string {
  const bytes = Buffer.from(value);
  let quoted = "";
  for (let index = 0; index < bytes.length;) {
    const length = characterLength(bytes, index);
    if (length === 0) {
      quoted += `\\x${hex(bytes[index++] ?? 0, 2)}`;
      continue;
    }
    quoted += quoteCharacter(bytes.toString("utf8", index, index + length));
    index += length;
  }
  return `"${quoted}"`;
}

/** How many bytes the character at `index` takes; 0 if it is no UTF-8. */
function characterLength(bytes: Buffer, index: number): number {
  const lead = bytes[index] ?? 0;
  const length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  const character = bytes.subarray(index, index + length);
  return character.length === length && isUtf8(character) ? length : 0;
}

function quoteCharacter(character: string): string {
  const escape = escapes[character];
  if (escape !== undefined) return escape;
  if (PRINTABLE.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

const ESCAPE = /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;
const letters: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
};

/**
 * The bytes of a Go string literal between double quotes.
 * @throws {SyntaxError} if it is none
 */
export function unquoteGo(literal: string): Buffer {
  if (literal.length < 2 || !literal.startsWith('"') || !literal.endsWith('"')) throw new SyntaxError("bad quoted string");
  const parts: Buffer[] = [];
  for (let index = 1; index < literal.length - 1;) {
    if (literal[index] !== "\\") {
      const end = literal.indexOf("\\", index);
      const plain = literal.slice(index, end === -1 ? -1 : end);
      parts.push(Buffer.from(plain));
      index += plain.length;
      continue;
    }
    ESCAPE.lastIndex = index;
    const [whole, letter, byte, octal, short, long] = ESCAPE.exec(literal) ?? [];
    if (whole === undefined || index + whole.length > literal.length - 1) throw new SyntaxError("bad quoted string");
    parts.push(escaped({ letter, byte, octal, code: short ?? long }));
    index += whole.length;
  }
  return Buffer.concat(parts);
}

function escaped({
  letter,
  byte,
  octal,
  code,
}: {
  letter: string | undefined;
  byte: string | undefined;
  octal: string | undefined;
  code: string | undefined;
}): Buffer {
  if (letter !== undefined) return Buffer.from(letters[letter] ?? "");
  const number = byte !== undefined ? parseInt(byte, 16) : octal !== undefined ? parseInt(octal, 8) : undefined;
  if (number !== undefined && number <= 0xff) return Buffer.from([number]);
  const point = parseInt(code ?? "", 16);
  if (!(point <= 0x10_ffff) || (point >= 0xd800 && point < 0xe000)) throw new SyntaxError("bad quoted string");
  return Buffer.from(String.fromCodePoint(point));
}
