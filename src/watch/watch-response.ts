import type { ResponseHeader } from "../model/response-header.ts";
import type { WatchEvent } from "../model/watch-event.ts";

/**
 * What a watch loop gets: the changes of one or more whole revisions, in order. All events of a revision are in one response.
 * Without events it is a `created` (only with `createdNotify`) or a progress notice (with `progressNotify`, or after a `requestProgress`).
 */
export class WatchResponse<Value = unknown> {
  /** What the server says of itself. Its revision may be ahead of these events: go on from `watch.resumeRevision`. */
  readonly header: ResponseHeader;
  /** In the order of their revisions. Empty in a `created` and in a progress notice. */
  readonly events: readonly WatchEvent<Value>[];
  /** The server has registered the watch. Delivered once, however often it is created anew. */
  readonly created: boolean;

  /** @internal */
  constructor(header: ResponseHeader, events: readonly WatchEvent<Value>[], created: boolean) {
    this.header = header;
    this.events = events;
    this.created = created;
  }

  /** Every event up to `header.revision` has been delivered. */
  get isProgressNotify(): boolean {
    return !this.created && this.events.length === 0;
  }

  /** As `etcdctl watch -w json` prints it. */
  toJSON(): Record<string, unknown> {
    return {
      Header: this.header.toJSON(),
      Events: this.events.map((event) => event.toJSON()),
      CompactRevision: 0,
      Canceled: false,
      Created: this.created,
    };
  }
}
