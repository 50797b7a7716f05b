import type { Metadata } from "../transport/transport.ts";
import { showValue } from "../util/option-check.ts";

/** What decides which watches share a stream: its metadata, require-leader included. clientv3 takes it from the context, hence the name. */
export interface ContextValue {
  /** Equal for equal metadata, in whatever order it was written. */
  readonly id: string;
  readonly metadata: Metadata;
}

const NAME = /^[0-9a-z_.-]+$/;
const VALUE = /^[\x20-\x7e]*$/;

/**
 * HTTP's own names, which are not free to use: Node's http2 throws on some of them, grpc-js takes that for a broken connection, and
 * then every stream of the client would be cut and opened again without end.
 */
const HTTP_NAMES: ReadonlySet<string> = new Set(
  (
    "accept accept-charset accept-encoding accept-language accept-ranges age allow alt-svc authorization cache-control connection " +
    "content-disposition content-encoding content-language content-length content-location content-md5 content-range content-type " +
    "cookie date dnt etag expect expires forwarded from host http2-settings if-match if-modified-since if-none-match if-range " +
    "if-unmodified-since keep-alive last-modified link location max-forwards origin pragma proxy-authenticate proxy-authorization " +
    "proxy-connection range referer refresh retry-after server set-cookie te tk trailer transfer-encoding upgrade " +
    "upgrade-insecure-requests user-agent vary via warning www-authenticate x-content-type-options"
  ).split(" "),
);

/** Of those, what gRPC's own convention lets a caller send, once. */
const SINGLE_VALUED: ReadonlySet<string> = new Set(["authorization"]);

/**
 * @param requireLeader adds etcd's `hasleader: true` (clientv3's WithRequireLeader)
 * @throws {TypeError} if a name or a value is not what gRPC metadata can carry
 */
export function contextValue(metadata?: Metadata, requireLeader = true): ContextValue {
  // Most watches have no metadata: they share one value, as each of ten thousand of its own would be a third of what a watch takes.
  return metadata === undefined ? PLAIN[requireLeader ? "withLeader" : "withoutLeader"] : checkedContext(metadata, requireLeader);
}

function checkedContext(metadata: Metadata, requireLeader: boolean): ContextValue {
  const given: unknown = metadata;
  if (typeof given !== "object" || given === null || ![Object.prototype, null].includes(Object.getPrototypeOf(given) as object | null)) {
    throw new TypeError(`metadata must be a plain object of names and values, got ${showValue(given)}`);
  }
  const entries = new Map<string, string[]>();
  for (const [name, value] of Object.entries(given as Record<string, unknown>)) {
    const lower = checkedName(name);
    if (entries.has(lower)) throw new TypeError(`metadata has ${showValue(lower)} twice, in two spellings`);
    entries.set(lower, checkedValues(lower, value));
  }
  if (requireLeader && !entries.has("hasleader")) entries.set("hasleader", ["true"]);
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return { id: JSON.stringify(sorted), metadata: Object.fromEntries(sorted) };
}

function checkedName(name: string): string {
  const lower = name.toLowerCase();
  if (!NAME.test(lower) || lower.startsWith("grpc-") || lower.endsWith("-bin")) {
    throw new TypeError(
      `metadata names must be of letters, digits, "_", "-" and ".", without "grpc-" in front or "-bin" behind, got ${showValue(name)}`,
    );
  }
  const isOfHttp = HTTP_NAMES.has(lower) || lower.startsWith("access-control-");
  if (isOfHttp && !SINGLE_VALUED.has(lower)) throw new TypeError(`metadata cannot have HTTP's own header ${showValue(name)}`);
  return lower;
}

function checkedValues(name: string, value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  if (values.length > 1 && SINGLE_VALUED.has(name)) throw new TypeError(`metadata can have one ${name}, got ${showValue(value)}`);
  return values.map((each) => {
    if (typeof each === "string" && VALUE.test(each)) return each;
    throw new TypeError(`metadata values must be printable ASCII text, got ${showValue(each)} for ${showValue(name)}`);
  });
}

const PLAIN = { withLeader: checkedContext({}, true), withoutLeader: checkedContext({}, false) };
