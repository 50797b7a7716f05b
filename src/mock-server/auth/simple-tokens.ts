import type { Clock } from "../../util/clock.ts";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH = 16;

interface Token {
  readonly user: string;
  expiresAtMs: number;
}

export interface SimpleTokensOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly ttlSeconds: number;
}

/** Tokens that mean a user for a while. Each use gives one its time again. */
export class SimpleTokens {
  readonly #options: SimpleTokensOptions;
  readonly #tokens = new Map<string, Token>();

  constructor(options: SimpleTokensOptions) {
    this.#options = options;
  }

  /** `index` stands behind the letters, as the index of the log does in etcd's. */
  issue(user: string, index: bigint): string {
    const nowMs = this.#options.clock.nowMs();
    for (const [token, { expiresAtMs }] of this.#tokens) if (expiresAtMs <= nowMs) this.#tokens.delete(token);
    const letters = Array.from({ length: LENGTH }, () => LETTERS.charAt(Math.floor(this.#options.random() * LETTERS.length)));
    const token = `${letters.join("")}.${String(index)}`;
    this.#tokens.set(token, { user, expiresAtMs: this.#newExpiryMs() });
    return token;
  }

  /** Whose token it is; undefined if it is none, or none any more. */
  use(token: string): string | undefined {
    const found = this.#tokens.get(token);
    if (found === undefined || found.expiresAtMs <= this.#options.clock.nowMs()) return undefined;
    found.expiresAtMs = this.#newExpiryMs();
    return found.user;
  }

  dropUser(user: string): void {
    for (const [token, found] of this.#tokens) if (found.user === user) this.#tokens.delete(token);
  }

  clear(): void {
    this.#tokens.clear();
  }

  #newExpiryMs(): number {
    return this.#options.clock.nowMs() + this.#options.ttlSeconds * 1000;
  }
}
