import type { Key } from "../model/key-range.ts";
import { Namespace } from "../model/namespace.ts";
import type { AuthOptions } from "../transport/auth-token.ts";
import { parseEndpoints } from "../transport/endpoints.ts";
import { checkTlsOptions, type TlsOptions } from "../transport/credentials.ts";
import type { BackoffOptions } from "../util/backoff.ts";
import { checkOptions, type OptionKinds, showValue } from "../util/option-check.ts";
import { guardedLogger, type Logger, silentLogger } from "../util/logger.ts";
import { DEFAULT_WATCH_BUFFER, watchBuffer, type WatchBufferOptions } from "../watch/watch-options.ts";

/** What may wait for slow readers: of one watch, unless it says otherwise itself, and of all watches of the client together. */
export interface ClientWatchBufferOptions extends WatchBufferOptions {
  /**
   * Once all watches together hold more bytes unread than this, one that holds more than an equal share of it is parked. Default 64 MiB.
   * Twice as much may be held, and one answer for each watch; a watch with `whenFull: "fail"` is bound by its own `maxBytes` alone.
   */
  readonly maxTotalBytes?: number;
}

/** What an `EtcdClient` is made with. Only `endpoints` must be given. */
export interface ClientOptions {
  /** One or more of `host:port`, `http://host:port`, `https://host:port`, `unix:///path`; tried in order, then round and round. */
  readonly endpoints: string | readonly string[];
  /** The user to be. A token is fetched when one is needed, and again when it is refused. Without it: whoever the certificate says. */
  readonly auth?: AuthOptions;
  /** Put before every key on its way to the server and taken off on its way back, for requests and watches alike. Default: none. */
  readonly namespace?: Key;
  /** Certificates. An `https://` endpoint alone means the system's roots. */
  readonly tls?: TlsOptions;
  /** How long one endpoint may take to answer before the next one is tried, in ms. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** How long a unary call may take in all, in ms; each call can set its own. Default 5,000. */
  readonly requestTimeoutMs?: number;
  /** How often to ping while calls are open, in ms. Default 10,000. etcd objects to less than 5,000 by default. */
  readonly keepAliveIntervalMs?: number;
  /** How long to wait for the answer to a ping before the connection counts as lost, in ms. Default 5,000. */
  readonly keepAliveTimeoutMs?: number;
  /** The largest message to take, in bytes. Default 2^31-1, as clientv3. */
  readonly maxReceiveBytes?: number;
  /** Whether watches leave a member that has lost its leader. Default true. */
  readonly requireLeader?: boolean;
  /** The bounds of the random delay between reconnects, in ms. Default `{ baseMs: 20, maxMs: 3_000 }`; the first try is immediate. */
  readonly backoff?: { readonly baseMs?: number; readonly maxMs?: number };
  /** How much may wait for slow readers of watches. Default `{ maxBytes: 4 MiB, whenFull: "park", maxTotalBytes: 64 MiB }`. */
  readonly watchBuffer?: ClientWatchBufferOptions;
  /** Default: silent. `console` fits. */
  readonly logger?: Logger;
}

/** Options with their defaults, checked. */
export interface ClientSettings extends Required<Omit<ClientOptions, "auth" | "namespace" | "tls" | "backoff" | "watchBuffer">> {
  readonly namespace: Namespace | undefined;
  readonly auth: AuthOptions | undefined;
  readonly tls: TlsOptions | undefined;
  readonly backoff: BackoffOptions;
  readonly watchBuffer: Required<ClientWatchBufferOptions>;
}

/** What etcd's `--grpc-keepalive-min-time` is unless told otherwise. */
const SERVER_MIN_KEEPALIVE_MS = 5_000;
const MAX_INT32 = 2 ** 31 - 1;

const clientKinds: OptionKinds<ClientOptions> = {
  endpoints: "value",
  auth: "value",
  namespace: "value",
  tls: "value",
  connectTimeoutMs: "value",
  requestTimeoutMs: "value",
  keepAliveIntervalMs: "value",
  keepAliveTimeoutMs: "value",
  maxReceiveBytes: "value",
  requireLeader: "flag",
  backoff: "value",
  watchBuffer: "value",
  logger: "value",
};

const DEFAULT_MAX_TOTAL_BYTES = 64 * 1024 * 1024;
const DEFAULT_BASE_MS = 20;
const DEFAULT_MAX_MS = 3_000;

/**
 * @throws {TypeError} for a missing or malformed endpoint, or an option that is unknown or of the wrong type
 * @throws {RangeError} for a number that is not positive or too large
 */
export function clientSettings(options: ClientOptions): ClientSettings {
  checkNames(options);
  parseEndpoints(options.endpoints);
  checkTlsOptions(options.tls);
  const {
    connectTimeoutMs = 5_000,
    requestTimeoutMs = 5_000,
    keepAliveIntervalMs = 10_000,
    keepAliveTimeoutMs = 5_000,
    requireLeader = true,
  } = options;
  const { maxReceiveBytes = MAX_INT32, tls, endpoints } = options;
  const logger = guardedLogger(checkedLogger(options.logger));
  const { baseMs, maxMs } = backoffBounds(options.backoff);
  const positive = {
    connectTimeoutMs,
    requestTimeoutMs,
    keepAliveIntervalMs,
    keepAliveTimeoutMs,
    maxReceiveBytes,
  };
  for (const [name, value] of Object.entries(positive)) checkPositive(value, name);
  if (!Number.isInteger(maxReceiveBytes)) throw new RangeError(`maxReceiveBytes must be an integer, got ${showValue(maxReceiveBytes)}`);
  if (keepAliveIntervalMs < SERVER_MIN_KEEPALIVE_MS) {
    logger.warn("keepAliveIntervalMs is below what etcd allows by default; it may answer with too_many_pings", {
      keepAliveIntervalMs,
      leastMs: SERVER_MIN_KEEPALIVE_MS,
    });
  }
  return {
    endpoints,
    auth: checkedAuth(options.auth),
    namespace: options.namespace === undefined ? undefined : new Namespace(options.namespace),
    tls,
    connectTimeoutMs,
    requestTimeoutMs,
    keepAliveIntervalMs,
    keepAliveTimeoutMs,
    maxReceiveBytes,
    requireLeader,
    backoff: { baseMs, maxMs },
    watchBuffer: clientWatchBuffer(options.watchBuffer),
    logger,
  };
}

function clientWatchBuffer(options: ClientWatchBufferOptions = {}): Required<ClientWatchBufferOptions> {
  checkOptions(options, { maxBytes: "value", whenFull: "value", maxTotalBytes: "value" }, "watchBuffer");
  const { maxTotalBytes = DEFAULT_MAX_TOTAL_BYTES, ...perWatch } = options;
  if (!Number.isSafeInteger(maxTotalBytes) || maxTotalBytes <= 0)
    throw new RangeError(`watchBuffer.maxTotalBytes must be a positive integer, got ${showValue(maxTotalBytes)}`);
  return { ...watchBuffer(perWatch, DEFAULT_WATCH_BUFFER, "watchBuffer"), maxTotalBytes };
}

/** Values are left out of the message: one of them may be a password or a key. */
function checkNames(options: ClientOptions): void {
  const given: unknown = options; // a caller without types may pass anything
  if (typeof given !== "object" || given === null)
    throw new TypeError(`EtcdClient needs options: { endpoints: ["127.0.0.1:2379"] }, got ${showValue(given)}`);
  checkOptions(options, clientKinds, "EtcdClient", (value) => typeof value);
}

/** A copy: what the caller does to the object later changes nothing. A password is not shown. */
function checkedAuth(auth: AuthOptions | undefined): AuthOptions | undefined {
  if (auth === undefined) return undefined;
  checkOptions(auth, { username: "value", password: "value" }, "auth", (value) => typeof value);
  const { username, password } = auth;
  if (typeof username !== "string" || username === "")
    throw new TypeError(`auth.username must be a string that is not empty, got ${showValue(username)}`);
  if (typeof password !== "string") throw new TypeError(`auth.password must be a string, got ${typeof password}`);
  return { username, password };
}

function checkPositive(value: number, name: string): void {
  if (typeof value !== "number" || !(value > 0) || value > MAX_INT32)
    throw new RangeError(`${name} must be a number above 0 and at most 2^31-1, got ${showValue(value)}`);
}

function backoffBounds(backoff: NonNullable<ClientOptions["backoff"]> = {}): { readonly baseMs: number; readonly maxMs: number } {
  checkOptions(backoff, { baseMs: "value", maxMs: "value" }, "backoff");
  const { maxMs = DEFAULT_MAX_MS } = backoff;
  checkPositive(maxMs, "backoff.maxMs");
  const { baseMs = Math.min(DEFAULT_BASE_MS, maxMs) } = backoff;
  checkPositive(baseMs, "backoff.baseMs");
  if (baseMs > maxMs)
    throw new RangeError(`backoff.baseMs must not be above backoff.maxMs, got ${showValue(baseMs)} and ${showValue(maxMs)}`);
  return { baseMs, maxMs };
}

function checkedLogger(logger: Logger = silentLogger): Logger {
  const given: unknown = logger;
  const isObject = (typeof given === "object" && given !== null) || typeof given === "function";
  for (const level of ["debug", "info", "warn", "error"]) {
    if (!isObject || typeof Reflect.get(given, level) !== "function")
      throw new TypeError(`logger must have the methods debug, info, warn and error, got ${showValue(given)}`);
  }
  return logger;
}
