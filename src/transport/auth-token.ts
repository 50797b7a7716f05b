import { isRpcError, type RpcError } from "../errors/etcd-error.ts";
import { serverErrors } from "../errors/server-errors.ts";
import { AuthDefinition } from "../gen/rpc.ts";
import type { Clock } from "../util/clock.ts";
import { callUnary, methodPath } from "./rpc-method.ts";
import type { Transport } from "./transport.ts";

/** A user of etcd, by name and password. */
export interface AuthOptions {
  /** The name of the user. */
  readonly username: string;
  /** Sent to the server as it is, so use TLS. */
  readonly password: string;
}

/** What calls go with: a token, or none while the server does not ask who calls. */
export interface HeldToken {
  readonly token: string | undefined;
  readonly atMs: number;
}

export const AUTHENTICATE_PATH = methodPath(AuthDefinition, AuthDefinition.methods.authenticate);

/** A member without a leader can give no token, and would only say so after seven seconds. */
const METADATA = { hasleader: "true" };

/** Streams that are opened within this time of each other share a token. A password costs the server some 100 ms of computing. */
const FRESH_FOR_MS = 1_000;

/** What etcd says of a token that is unknown or too old, and of a call that came without one. Nothing has been done then. */
const REFUSALS: readonly string[] = [
  serverErrors.invalidAuthToken.message,
  serverErrors.authOldRevision.message,
  serverErrors.userEmpty.message,
];

/** Whether another token may cure it. */
export function isTokenRefusal({ code, details }: Pick<RpcError, "code" | "details">): boolean {
  return code === "UNAUTHENTICATED" || REFUSALS.includes(details);
}

/**
 * The token of one user: fetched when it is needed, at most one Authenticate in flight, however many wait for it.
 *
 *           ask                 answered
 *   none ────────► fetching ───────────────► held
 *    ▲ ▲               │ failed                │
 *    │ └───────────────┘                       │
 *    └──────────────── discard() ──────────────┘
 */
export class AuthToken {
  readonly #transport: Transport;
  readonly #auth: AuthOptions;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #held: HeldToken | undefined;
  #fetching: Promise<HeldToken> | undefined;

  /** @param timeoutMs how long one Authenticate may take */
  constructor(transport: Transport, { auth, clock, timeoutMs }: { auth: AuthOptions; clock: Clock; timeoutMs: number }) {
    this.#transport = transport;
    this.#auth = auth;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * The token that is held, or a new one.
   * @throws {RpcError} INVALID_ARGUMENT for a wrong name or password; UNAVAILABLE, DEADLINE_EXCEEDED
   */
  current(): Promise<HeldToken> {
    return this.#held === undefined ? this.#fetch() : Promise.resolve(this.#held);
  }

  /** A token for what lasts: one that was fetched just now. */
  fresh(): Promise<HeldToken> {
    return this.#held !== undefined && this.isFresh(this.#held) ? this.current() : this.#fetch();
  }

  /** Whether it was fetched just now. */
  isFresh({ atMs }: HeldToken): boolean {
    return this.#clock.nowMs() - atMs < FRESH_FOR_MS;
  }

  /** The server does not take this one any more. Another that was fetched meanwhile stays. */
  discard(held: HeldToken): void {
    if (this.#held === held) this.#held = undefined;
  }

  #fetch(): Promise<HeldToken> {
    this.#fetching ??= this.#authenticate().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #authenticate(): Promise<HeldToken> {
    const request = { name: this.#auth.username, password: this.#auth.password };
    const { methods } = AuthDefinition;
    // Repeatable: the token of a lost answer is used by nobody, and forgotten soon.
    const options = { timeoutMs: this.#timeoutMs, repeatable: true, metadata: METADATA };
    const token = await callUnary(this.#transport, AuthDefinition, methods.authenticate, request, options).then(
      (answer) => answer.token,
      noneIfNotEnabled,
    );
    this.#held = { token, atMs: this.#clock.nowMs() };
    return this.#held;
  }
}

/** While authentication is off nobody asks for a token, and there is none to be had. */
function noneIfNotEnabled(error: unknown): undefined {
  if (isRpcError(error) && error.details === serverErrors.authNotEnabled.message) return undefined;
  throw error;
}
