import { createHash } from "node:crypto";

const LONG_BYTES = 64;

/** How the number in a field is written; its name is that of the generated code. */
export type NumberText = (field: string, value: bigint) => string;

function bytesText(bytes: Uint8Array): string {
  const text = JSON.stringify(Buffer.from(bytes).toString("latin1"));
  if (bytes.length <= LONG_BYTES) return text;
  return `${text.slice(0, 16)}…" (${bytes.length} bytes, ${createHash("sha1").update(bytes).digest("hex").slice(0, 8)})`;
}

function isDefault(value: unknown): boolean {
  if (value === undefined || value === 0n || value === 0 || value === false || value === "") return true;
  return (Array.isArray(value) || value instanceof Uint8Array) && value.length === 0;
}

/**
 * A message as text: two messages with the same text are the same on the wire but for what `numberText` makes alike. Fields with their
 * default value are left out, as they are on the wire; a message that is there without a field is `{}`.
 */
export function messageText(value: unknown, numberText: NumberText, field = ""): string {
  if (typeof value === "bigint") return numberText(field, value);
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Uint8Array) return bytesText(value);
  if (Array.isArray(value)) return `[${value.map((item: unknown) => messageText(item, numberText, field)).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const fields = Object.entries(value).filter(([, item]) => !isDefault(item));
  return `{${fields.map(([name, item]: [string, unknown]) => `${name}: ${messageText(item, numberText, name)}`).join(", ")}}`;
}

/** The same message with other numbers in it. */
export function mapNumbers(message: object, replace: (value: bigint) => bigint): object {
  const map = (value: unknown): unknown => {
    if (typeof value === "bigint") return replace(value);
    if (Array.isArray(value)) return value.map(map);
    return typeof value !== "object" || value === null || value instanceof Uint8Array ? value : mapNumbers(value, replace);
  };
  return Object.fromEntries(Object.entries(message).map(([name, value]: [string, unknown]) => [name, map(value)]));
}
