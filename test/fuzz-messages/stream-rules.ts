import { isEtcdError } from "../../src/errors/etcd-error.ts";
import type { ScenarioWatch } from "../support/scenario-watch.ts";
import type { InMemoryTransport } from "../support/in-memory-transport.ts";

/** A guarantee does not hold. The message says which, and how. */
export class BrokenRule extends Error {}

export function rule(holds: boolean, broken: string): void {
  if (!holds) throw new BrokenRule(broken);
}

/** What asEtcdError makes of anything that was thrown and is none of ours: a mistake in the client itself. */
const CRASH = "A message could not be handled";

/** What must hold of one watch at any time, whatever the server sends. It remembers what it has seen. */
export class WatchRules {
  readonly #name: string;
  readonly #watch: ScenarioWatch;
  #seen = 0;
  #lastRevision = 0n;
  #resumeRevision = 0n;
  #isEnded = false;

  constructor(name: string, watch: ScenarioWatch) {
    this.#name = name;
    this.#watch = watch;
  }

  /** @param largestAnswer in bytes, of all that were sent, in one message or in pieces */
  check(largestAnswer: number): void {
    this.#checkDelivered();
    this.#checkResumeRevision();
    this.#checkHeld(largestAnswer);
    this.#checkEnding();
  }

  /** Ordered and unique: a response begins above the one before, and no revision is below the one before it. */
  #checkDelivered(): void {
    const { responses } = this.#watch;
    for (; this.#seen < responses.length; this.#seen++) {
      const response = responses[this.#seen];
      rule(!this.#isEnded, `"${this.#name}" was given a response after its end`);
      const events = response?.events ?? [];
      const before = this.#lastRevision;
      for (const { kv } of events) {
        rule(kv.modRevision > before, `"${this.#name}" was given revision ${kv.modRevision} after a response that ended with ${before}`);
        rule(
          kv.modRevision >= this.#lastRevision,
          `"${this.#name}" was given ${kv.modRevision} after ${this.#lastRevision} in one response`,
        );
        rule(
          kv.modRevision >= this.#resumeRevision,
          `"${this.#name}" was given ${kv.modRevision}, and had its resumeRevision at ${this.#resumeRevision}`,
        );
        this.#lastRevision = kv.modRevision;
      }
    }
  }

  #checkResumeRevision(): void {
    const { resumeRevision } = this.#watch.channel;
    rule(
      resumeRevision >= this.#resumeRevision,
      `the resumeRevision of "${this.#name}" went from ${this.#resumeRevision} to ${resumeRevision}`,
    );
    rule(
      this.#lastRevision === 0n || resumeRevision > this.#lastRevision || this.#watch.ending !== undefined,
      `the resumeRevision of "${this.#name}" is ${resumeRevision}, after an event of ${this.#lastRevision}`,
    );
    this.#resumeRevision = resumeRevision;
  }

  /**
   * Its buffer's bound, and one answer more, which may have been held as fragments up to the same bound, or be one revision up to the
   * receive limit. A `created` with events, which
   * etcd never sends, is counted twice: once for each response that is made of it.
   */
  #checkHeld(largestAnswer: number): void {
    const { channel, maxBytes } = this.#watch;
    const { bufferedBytes } = channel.status;
    const bound = 2 * maxBytes + 2 * largestAnswer;
    rule(bufferedBytes <= bound, `"${this.#name}" holds ${bufferedBytes} bytes, and may hold ${bound}`);
  }

  #checkEnding(): void {
    const { ending } = this.#watch;
    if (ending === undefined) return;
    this.#isEnded = true;
    if (ending === "quietly") return;
    const { error } = ending;
    rule(isEtcdError(error), `"${this.#name}" ended with what is no error of ours: ${String(error)}`);
    rule(!isCrash(error), `"${this.#name}" ended with a mistake of the client: ${String(error)}`);
  }
}

export function isCrash(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith(CRASH);
}

/** @param watches how many have not ended: a stream without any is closed */
export function checkWire({ connections }: InMemoryTransport, watches: number): void {
  const open = connections.filter(({ state }) => state === "open").length;
  rule(open <= watches, `${open} streams are open for ${watches} watches`);
  for (const { lateRequests } of connections) rule(lateRequests === 0, `${lateRequests} requests were written to a call that is over`);
}

/** A watch asks for what it lacks: never for less than before. */
export function checkStartRevisions(name: string, startRevisions: readonly bigint[]): void {
  for (const [index, revision] of startRevisions.entries()) {
    const before = startRevisions[index - 1] ?? 0n;
    rule(revision >= before, `"${name}" was created again from ${revision}, after ${before}`);
  }
}
