import { RpcError } from "../errors/etcd-error.ts";
import { type Clock, every } from "../util/clock.ts";

/** Half of how long a create may go unanswered while nothing else comes either, in ms; and the most that this grows to. */
const FIRST_PERIOD_MS = 7_500;
const LONGEST_PERIOD_MS = 60_000;

/** What such a connection ends with. */
export const NO_ANSWER = new RpcError({
  code: "DEADLINE_EXCEEDED",
  details: "a create was not answered",
  path: "/etcdserverpb.Watch/Watch",
});

/** What can be told of a connection from outside. */
interface Answering {
  /** How many messages came so far. */
  readonly record: { readonly heard: number };
  readonly awaitsAnswer: boolean;
}

/**
 * Notices a server that answers pings, and no creates: its stream is to be given up, so that another member is asked. Each time it was in
 * vain it waits twice as long, in case the server is merely slow.
 * @param silences how often in a row that was so
 * @returns what ends it
 */
export function limitSilence(
  clock: Clock,
  connection: Answering,
  { silences, onSilent }: { silences: number; onSilent: () => void },
): () => void {
  const periodMs = Math.min(FIRST_PERIOD_MS * 2 ** silences, LONGEST_PERIOD_MS);
  let before: { readonly heard: number; readonly atMs: number } | undefined;
  return every(clock, periodMs, () => {
    const atMs = clock.nowMs();
    const { awaitsAnswer, record } = connection;
    const { heard } = record;
    // After a pause of our own the answer may be there and not read yet.
    const wasAwake = before !== undefined && atMs - before.atMs < 1.5 * periodMs;
    if (awaitsAnswer && wasAwake && before?.heard === heard) onSilent();
    else before = awaitsAnswer ? { heard, atMs } : undefined;
  });
}
