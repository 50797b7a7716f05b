import type { Clock } from "../util/clock.ts";
import { limitSilence, NO_ANSWER } from "./answer-limit.ts";
import { keepResumable } from "./idle-progress.ts";
import type { WatchConnection } from "./watch-connection.ts";

/** What is done now and then while a connection serves. Returns what ends it. */
export function tendConnection(
  clock: Clock,
  connection: WatchConnection,
  { silences, requestProgress }: { readonly silences: number; readonly requestProgress: (signal: AbortSignal) => Promise<void> },
): () => void {
  const onSilent = (): void => {
    connection.fail(NO_ANSWER, { elsewhere: true });
  };
  const ends = [limitSilence(clock, connection, { silences, onSilent }), keepResumable(clock, connection, requestProgress)];
  return () => {
    for (const end of ends) end();
  };
}
