import { isRpcError, RpcError } from "../errors/etcd-error.ts";
import { abortable, abortReason, onAbort } from "../util/abort.ts";
import { Backoff, type BackoffOptions } from "../util/backoff.ts";
import { type Clock, sleep } from "../util/clock.ts";
import { AUTHENTICATE_PATH, type AuthOptions, AuthToken, type HeldToken, isTokenRefusal } from "./auth-token.ts";
import type { DuplexCall, DuplexCallOptions, DuplexHandlers, Metadata, Transport, UnaryCallOptions } from "./transport.ts";

export interface AuthTransportOptions {
  readonly auth: AuthOptions;
  /** How long one Authenticate may take, in ms. */
  readonly requestTimeoutMs: number;
  readonly backoff: BackoffOptions;
  readonly clock: Clock;
}

/**
 * A transport whose calls carry the token of a user. A unary call whose token is refused is sent once more with another one: etcd refuses
 * before it does anything. A stream has the token that it was opened with, which is why each is opened with a fresh one.
 */
export class AuthTransport implements Transport {
  readonly #transport: Transport;
  readonly #options: AuthTransportOptions;
  readonly #token: AuthToken;

  constructor(transport: Transport, options: AuthTransportOptions) {
    this.#transport = transport;
    this.#options = options;
    const { auth, clock, requestTimeoutMs: timeoutMs } = options;
    this.#token = new AuthToken(transport, { auth, clock, timeoutMs });
  }

  get endpoints(): readonly string[] {
    return this.#transport.endpoints;
  }

  /** @throws {RpcError} INVALID_ARGUMENT for a wrong name or password; else as the transport's own */
  async unary(path: string, request: Uint8Array, options: UnaryCallOptions): Promise<Buffer> {
    if (path === AUTHENTICATE_PATH) return this.#transport.unary(path, request, options);
    const { clock } = this.#options;
    const untilMs = clock.nowMs() + options.timeoutMs;
    for (let isLast = false; ; isLast = true) {
      const held = await this.#currentToken(path, options, untilMs);
      const timeoutMs = Math.max(1, Math.ceil(untilMs - clock.nowMs()));
      try {
        return await this.#transport.unary(path, request, { ...options, timeoutMs, metadata: withToken(held, options.metadata) });
      } catch (error) {
        if (!isRpcError(error) || !isTokenRefusal(error)) throw error;
        this.#token.discard(held);
        if (isLast) throw error;
      }
    }
  }

  /** @throws {RpcError} as `unary`, if there is no token to be had */
  async duplex(path: string, options: DuplexCallOptions): Promise<DuplexCall> {
    if (options.signal.aborted) throw abortReason(options.signal);
    const held = await abortable(this.#token.fresh(), options.signal);
    const call = await this.#transport.duplex(path, { ...options, metadata: withToken(held, options.metadata) });
    return new TokenCall(call, this.#token, held);
  }

  /** Tries again while there is time: a member that is being restarted must not fail a call that would wait for it. */
  async #currentToken(path: string, { signal, timeoutMs }: UnaryCallOptions, untilMs: number): Promise<HeldToken> {
    const { clock } = this.#options;
    const backoff = new Backoff(this.#options.backoff);
    const limit = new AbortController();
    const unlink = onAbort(signal, (reason) => {
      limit.abort(reason);
    });
    const timer = clock.setTimer(untilMs - clock.nowMs(), () => {
      limit.abort(new RpcError({ code: "DEADLINE_EXCEEDED", details: `no token within ${String(timeoutMs)} ms`, path }));
    });
    try {
      for (;;) {
        try {
          return await abortable(this.#token.current(), limit.signal);
        } catch (error) {
          if (limit.signal.aborted || !isRpcError(error) || !["UNAVAILABLE", "DEADLINE_EXCEEDED"].includes(error.code)) throw error;
          const delayMs = backoff.nextMs();
          if (clock.nowMs() + delayMs >= untilMs) throw error;
          await sleep(delayMs, { signal: limit.signal, clock });
        }
      }
    } finally {
      timer.cancel();
      unlink();
    }
  }
}

/** A caller's own token is left as it is. */
function withToken({ token }: HeldToken, metadata: Metadata = {}): Metadata {
  return token === undefined ? metadata : { token, ...metadata };
}

/** A stream that knows the token it was opened with. */
class TokenCall implements DuplexCall {
  readonly #call: DuplexCall;
  readonly #token: AuthToken;
  readonly #held: HeldToken;

  constructor(call: DuplexCall, token: AuthToken, held: HeldToken) {
    this.#call = call;
    this.#token = token;
    this.#held = held;
  }

  get hasFreshToken(): boolean {
    return this.#token.isFresh(this.#held);
  }

  readonly discardToken = (): void => {
    this.#token.discard(this.#held);
  };

  get endpoint(): string {
    return this.#call.endpoint;
  }

  start(handlers: DuplexHandlers): void {
    this.#call.start(handlers);
  }

  write(message: Uint8Array): void {
    this.#call.write(message);
  }

  cancel(options?: { readonly elsewhere?: boolean }): void {
    this.#call.cancel(options);
  }
}
