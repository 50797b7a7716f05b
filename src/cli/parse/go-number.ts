const LARGEST = 2n ** 63n - 1n;

/** What is wrong with a text that should be a number, in the words of Go's strconv, which etcdctl prints. */
export class NumberSyntaxError extends Error {}

/**
 * A 64-bit integer as Go's strconv.ParseInt reads it. Base 0 is that of flags: decimal, or 0x, 0o and 0b in front.
 * @throws {NumberSyntaxError}
 */
export function parseInt64(text: string, base: 0 | 10 | 16): bigint {
  const [, sign, digits = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  const prefixed = base === 16 ? `0x${digits}` : digits;
  if (!patterns[base].test(digits)) throw new NumberSyntaxError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const magnitude = BigInt(base === 0 ? prefixed.replace(/^0(?=[0-7])/, "0o") : prefixed);
  const value = sign === "-" ? -magnitude : magnitude;
  if (value > LARGEST || value < -LARGEST - 1n)
    throw new NumberSyntaxError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return value;
}

const patterns = {
  0: /^(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9]\d*)$/,
  10: /^\d+$/,
  16: /^[0-9a-fA-F]+$/,
} as const;

/** @throws {NumberSyntaxError} */
export function parseBool(text: string): boolean {
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(text)) return false;
  throw new NumberSyntaxError(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}

const unitsMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * A time as Go writes it, such as 5s, 1m30s or 500ms, in ms.
 * @throws {NumberSyntaxError}
 */
export function parseDurationMs(text: string): number {
  if (text === "0") return 0;
  if (!/^[+-]?(\d+(\.\d*)?(ns|us|µs|μs|ms|s|m|h))+$/.test(text)) {
    const why = /^[+-]?\d+(\.\d*)?$/.test(text) ? "missing unit in duration" : "invalid duration";
    throw new NumberSyntaxError(`time: ${why} ${JSON.stringify(text)}`);
  }
  let sumMs = 0;
  for (const [, amount, unit = ""] of text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|μs|ms|s|m|h)/g))
    sumMs += Number(amount) * (unitsMs[unit] ?? 0);
  return text.startsWith("-") ? -sumMs : sumMs;
}
