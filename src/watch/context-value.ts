import type { Metadata } from "../transport/transport.ts";

/** What decides which watches share a stream: its metadata, require-leader included. clientv3 takes it from the context, hence the name. */
export interface ContextValue {
  /** Equal for equal metadata, in whatever order it was written. */
  readonly id: string;
  readonly metadata: Metadata;
}

const NAME = /^[0-9a-z_.-]+$/;
const VALUE = /^[\x20-\x7e]*$/;

/**
 * @param requireLeader adds etcd's `hasleader: true` (clientv3's WithRequireLeader)
 * @throws {TypeError} if a name or a value is not what gRPC metadata can carry
 */
export function contextValue(metadata: Metadata = {}, requireLeader = true): ContextValue {
  const entries = Object.entries(metadata).map(([name, value]): [string, string[]] => [name.toLowerCase(), checked(name, value)]);
  if (requireLeader && !entries.some(([name]) => name === "hasleader")) entries.push(["hasleader", ["true"]]);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return { id: JSON.stringify(entries), metadata: Object.fromEntries(entries) };
}

function checked(name: string, value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  const lower = name.toLowerCase();
  if (!NAME.test(lower) || lower.startsWith("grpc-") || lower.endsWith("-bin")) {
    throw new TypeError(
      `metadata names must be of letters, digits, "_", "-" and ".", without "grpc-" in front or "-bin" behind, got ${JSON.stringify(name)}`,
    );
  }
  return values.map((each) => {
    if (typeof each === "string" && VALUE.test(each)) return each;
    throw new TypeError(`metadata values must be printable ASCII text, got ${JSON.stringify(each)} for ${JSON.stringify(name)}`);
  });
}
