/** Where a watch is: not a state of its own, but the container that holds it. */
export type WatchPlace = "resuming" | "watching" | "parked";

/** What a watch asks of the stream that holds it. */
export interface WatchHome<Watch> {
  /** The user has ended the watch. */
  leave(watch: Watch): void;
  /** The reader of a parked watch has caught up. */
  unpark(watch: Watch): void;
  placeOf(watch: Watch): WatchPlace;
  /** The endpoint that serves it now. */
  readonly endpoint: string | undefined;
  /** Whether the server that serves it sends requested progress notices after the events they speak of. */
  progressIsOrdered(signal: AbortSignal): Promise<boolean>;
  /** Asks the server for a progress notice to every watch that it shares a stream with. */
  requestProgress(asker: "user" | "library", signal: AbortSignal): Promise<void>;
}
