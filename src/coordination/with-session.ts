import { isClusterChangedError, isCompactedError, isLeaseExpiredError, isRpcError } from "../errors/etcd-error.ts";
import type { GrpcStatusName } from "../errors/grpc-status.ts";
import { abortReason, firstAborted } from "../util/abort.ts";
import { Backoff } from "../util/backoff.ts";
import { sleep } from "../util/clock.ts";
import { watcherHost } from "../watch/watcher-host.ts";
import { KeyLostError } from "./candidate.ts";
import type { CoordinationSettings } from "./coordination-options.ts";
import { Session, type SessionClient } from "./session.ts";

const RETRY = { baseMs: 100, maxMs: 3_000 };
const MS_PER_SECOND = 1_000;

/** NOT_FOUND: the lease had run out when the key was to hang on it. */
const PASSING: readonly GrpcStatusName[] = ["UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "ABORTED", "CANCELLED", "NOT_FOUND"];

/** Whether it may go better with another session, or later. */
export function isPassing(error: unknown): boolean {
  if (isRpcError(error)) return PASSING.includes(error.code);
  return isLeaseExpiredError(error) || isCompactedError(error) || isClusterChangedError(error) || error instanceof KeyLostError;
}

/**
 * Opens a session and does something with it, again and again until that succeeds: etcd may be away, and sessions run out while one waits.
 * @param take rejects when its signal is aborted: by the caller, or as the session is over
 * @throws the signal's reason; what no retry cures, such as PERMISSION_DENIED
 */
export async function withSession<Taken>(
  client: SessionClient,
  { ttlSeconds, marginMs }: Pick<CoordinationSettings, "ttlSeconds" | "marginMs">,
  { signal, take }: { readonly signal: AbortSignal; readonly take: (session: Session, signal: AbortSignal) => Promise<Taken> },
): Promise<Taken> {
  const { clock, logger } = client[watcherHost];
  const backoff = new Backoff(RETRY);
  for (;;) {
    const sinceMs = clock.nowMs();
    let session: Session | undefined;
    let unlink = (): void => undefined;
    try {
      session = await Session.open(client, { ttlSeconds, marginMs, signal });
      const either = firstAborted([signal, session.signal]);
      ({ unlink } = either);
      return await take(session, either.signal);
    } catch (error) {
      const ended = session?.end(); // when etcd is away that takes a while
      if (signal.aborted) {
        await ended;
        throw abortReason(signal);
      }
      if (!isPassing(error)) throw error;
      logger.warn("A session was lost, or could not be had; another one is tried", { error });
    } finally {
      unlink();
    }
    if (clock.nowMs() - sinceMs > ttlSeconds * MS_PER_SECOND) backoff.reset();
    await sleep(backoff.nextMs(), { signal, clock });
  }
}
