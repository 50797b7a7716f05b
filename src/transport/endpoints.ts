import { showValue } from "../util/option-check.ts";

/** One address of a cluster. */
export interface Endpoint {
  /** As the user wrote it: what logs, errors and states call it. */
  readonly name: string;
  /** As gRPC wants it. */
  readonly target: string;
  readonly scheme: "http" | "https" | "unix" | "unixs" | "none";
}

const FORM = "host:port, http://host:port, https://host:port or unix:///path";

/** etcd's client port, for an endpoint that names none. */
const DEFAULT_PORT = 2379;

/**
 * One endpoint or many, checked.
 * @throws {TypeError} if there is none, or one is not of a known form
 */
export function parseEndpoints(endpoints: string | readonly string[]): Endpoint[] {
  const list: readonly unknown[] = typeof endpoints === "string" ? [endpoints] : endpoints;
  if (!Array.isArray(list) || list.length === 0) {
    throw new TypeError(`endpoints must be a string or a list of at least one, each ${FORM}, got ${showValue(endpoints)}`);
  }
  const parsed = list.map(parseEndpoint);
  return parsed.filter(({ name }, index) => parsed.findIndex((other) => other.name === name) === index);
}

/** @throws {TypeError} if it is not of a known form */
export function parseEndpoint(endpoint: unknown): Endpoint {
  if (typeof endpoint !== "string") throw new TypeError(`An endpoint must be a string (${FORM}), got ${showValue(endpoint)}`);
  const name = endpoint.trim();
  const [, unix, path] = /^(unixs?):(?:\/\/)?(.*)$/.exec(name) ?? [];
  if (path !== undefined) {
    if (path === "") throw malformed(endpoint);
    return { name, target: `unix:${path}`, scheme: unix === "unixs" ? "unixs" : "unix" };
  }
  const match = /^(?:(https?):\/\/)?(\[[0-9a-fA-F:.%]+\]|[^\s/:@?#[\],]+)(?::(\d{1,5}))?\/?$/.exec(name);
  const [, scheme, host, portText] = match ?? [];
  const port = portText === undefined ? DEFAULT_PORT : Number(portText);
  if (host === undefined || port < 1 || port > 65_535) throw malformed(endpoint);
  return { name, target: `dns:${host}:${String(port)}`, scheme: scheme === "http" || scheme === "https" ? scheme : "none" };
}

function malformed(endpoint: string): TypeError {
  const hint = endpoint.includes(",") ? "; several endpoints are an array, not a text with commas" : "";
  return new TypeError(`An endpoint must be ${FORM}, got ${showValue(endpoint)}${hint}`);
}
