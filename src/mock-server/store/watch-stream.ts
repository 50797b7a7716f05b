import { watchRefusals } from "../../errors/server-errors.ts";
import type { Change } from "./change.ts";
import type { EventChannel } from "./event-channel.ts";
import type { KeySpan } from "./key-text.ts";
import type { StoreWatcher } from "./store-watcher.ts";
import { ALL_WATCHES } from "./watchable-store.ts";
import type { WatchableStore } from "./watchable-store.ts";

/** In a create request this id asks for one of the server's choosing. */
const CHOOSE_FOR_ME = 0n;

export interface WatchSpec {
  readonly watchId: bigint;
  readonly span: KeySpan;
  readonly startRevision: bigint;
  readonly without: ReadonlySet<Change["kind"]>;
}

export type CreateOutcome = { readonly watchId: bigint } | { readonly refused: string };

/** The watches of one stream by id. A watch that compaction has ended keeps its id until the client cancels it. */
export class WatchStream {
  readonly #store: WatchableStore;
  readonly #channel: EventChannel;
  readonly #watchers = new Map<bigint, StoreWatcher>();
  #nextId = 0n;

  constructor(store: WatchableStore, channel: EventChannel) {
    this.#store = store;
    this.#channel = channel;
  }

  get size(): number {
    return this.#watchers.size;
  }

  create({ watchId, span, startRevision, without }: WatchSpec): CreateOutcome {
    if (span.kind === "interval" && span.end !== undefined && span.begin >= span.end) return { refused: watchRefusals.emptyRange };
    if (watchId !== CHOOSE_FOR_ME && this.#watchers.has(watchId)) return { refused: watchRefusals.duplicateId };
    const id = watchId === CHOOSE_FOR_ME ? this.#freeId() : watchId;
    this.#watchers.set(id, this.#store.watch({ watchId: id, span, startRevision, channel: this.#channel, without }));
    return { watchId: id };
  }

  /** Whether there was such a watch. */
  cancel(watchId: bigint): boolean {
    const watcher = this.#watchers.get(watchId);
    if (watcher === undefined) return false;
    this.#store.unwatch(watcher);
    this.#watchers.delete(watchId);
    return true;
  }

  requestProgress(watchId: bigint): void {
    const watcher = this.#watchers.get(watchId);
    if (watcher !== undefined) this.#store.progress([watcher], watchId);
  }

  requestProgressOfAll(): void {
    this.#store.progress(this.#watchers.values(), ALL_WATCHES);
  }

  close(): void {
    for (const watcher of this.#watchers.values()) this.#store.unwatch(watcher);
    this.#watchers.clear();
    this.#channel.clear();
  }

  /** Skips ids in use and never goes back, so that the id of a cancelled watch is not given out again. */
  #freeId(): bigint {
    while (this.#watchers.has(this.#nextId)) this.#nextId++;
    return this.#nextId++;
  }
}
