import type { CompactedError, RpcError, WatchCanceledError } from "../errors/etcd-error.ts";
import type { WatchOutcome } from "./watch-outcome.ts";
import type { WatcherStream } from "./watcher-stream.ts";

/** What a connection tells the stream that it serves. */
export interface ConnectionOwner {
  /** The server is done with this watch. */
  ended(watch: WatcherStream, outcome: WatchOutcome): void;
  /** The server cancelled or refused the watch for what may pass. */
  refusedForNow(watch: WatcherStream, error: CompactedError | WatchCanceledError): void;
  /** The watch holds more than its reader may leave unread. */
  full(watch: WatcherStream): void;
  /** A from-now watch was created by a server that does not say at which revision. */
  startUnknown(watch: WatcherStream): void;
  /** The server takes no more creates with the token of this stream. `watch` is the one that was refused, and is nowhere now. */
  tokenRefused(watch: WatcherStream, error: RpcError): void;
}
