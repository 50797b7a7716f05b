import type { Clock } from "../util/clock.ts";
import { systemClock } from "../util/clock.ts";
import type { Compatibility } from "./behaviour.ts";
import type { ServerLimits } from "./server-state.ts";

/** The server's certificate, and whether clients must show one. */
export interface TlsOptions {
  /** PEM. */
  readonly cert: string | Buffer;
  /** PEM. */
  readonly key: string | Buffer;
  /** PEM. With it, clients must show a certificate that this authority has signed. */
  readonly clientCa?: string | Buffer;
}

/** What a `MockEtcdServer` is. Nothing must be given. */
export interface MockEtcdServerOptions extends Partial<ServerLimits> {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** With it, the server speaks TLS. */
  readonly tls?: TlsOptions;
  /** Which etcd to answer as. Default "latest". */
  readonly compatibility?: Compatibility;
  /** What ids, jitter and the choice among equals are drawn from. Default: another one each time; `server.seed` tells which. */
  readonly seed?: number;
  /** What leases, tokens, delays and progress notices go by. Default: the system's clock. */
  readonly clock?: Clock;
  /** Authentication that is on from the start, with a user root who has this password. Without it, clients may set it up and turn it on. */
  readonly auth?: { readonly rootPassword: string };
  /** How long a token lives without being used. Default 300. */
  readonly authTokenTtlSeconds?: number;
  /** The member's name. Default "default". */
  readonly name?: string;
}

export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsOptions | undefined;
  readonly compatibility: Compatibility;
  readonly seed: number;
  readonly clock: Clock;
  readonly name: string;
  readonly rootPassword: string | undefined;
  readonly authTokenTtlSeconds: number;
  readonly limits: ServerLimits;
}

const TEN_MINUTES_MS = 600_000;
/** etcd raises anything below to this. */
const SHORTEST_PROGRESS_INTERVAL_MS = 100;
const LARGEST_PORT = 65_535;

/** @throws {RangeError} for a number out of range, naming the option and the value */
export function serverSettings(options: MockEtcdServerOptions = {}): ServerSettings {
  const {
    host = "127.0.0.1",
    port = 0,
    tls,
    compatibility = "latest",
    seed = Math.floor(Math.random() * 2 ** 32),
    clock = systemClock,
    name = "default",
    auth,
    authTokenTtlSeconds = 300,
    maxRequestBytes = 1.5 * 1024 * 1024,
    maxTxnOps = 128,
    progressNotifyIntervalMs = TEN_MINUTES_MS,
  } = options;
  if (!Number.isSafeInteger(port) || port < 0 || port > LARGEST_PORT)
    throw new RangeError(`port must be an integer from 0 to 65535, got ${String(port)}`);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be an integer, got ${String(seed)}`);
  for (const [option, value] of Object.entries({ maxRequestBytes, maxTxnOps, progressNotifyIntervalMs, authTokenTtlSeconds })) {
    if (!(Number.isFinite(value) && value > 0)) throw new RangeError(`${option} must be above 0, got ${String(value)}`);
  }
  const limits = {
    maxRequestBytes,
    maxTxnOps,
    progressNotifyIntervalMs: Math.max(progressNotifyIntervalMs, SHORTEST_PROGRESS_INTERVAL_MS),
  };
  return { host, port, tls, compatibility, seed, clock, name, rootPassword: auth?.rootPassword, authTokenTtlSeconds, limits };
}
