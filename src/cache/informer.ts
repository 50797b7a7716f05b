import type { EtcdClient } from "../client/etcd-client.ts";
import { ClosedError } from "../errors/etcd-error.ts";
import { type Key, keyBytes } from "../model/key-range.ts";
import type { KeyValue } from "../model/key-value.ts";
import { type Revision, toRevision } from "../model/revision.ts";
import { onAbort } from "../util/abort.ts";
import type { Clock } from "../util/clock.ts";
import { deferred } from "../util/deferred.ts";
import { checkOptions, checkSignal } from "../util/option-check.ts";
import { watcherHost } from "../watch/watcher-host.ts";
import { ChangeReader, type ChangesOptions, type InformerEnd } from "./change-reader.ts";
import type { InformerChange } from "./informer-change.ts";
import { changesSettings, informerSettings, type InformerOptions, type InformerSettings } from "./informer-options.ts";
import { keyId } from "./key-id.ts";
import type { ListCause } from "./list-watch-step.ts";
import { listWatchSteps } from "./list-watch-steps.ts";
import { Picture } from "./picture.ts";
import { type RevisionWaitOptions, RevisionWaiters } from "./revision-waiters.ts";

/**
 * idle ── start() ──► running ── aborted, stop(), fatal error ──► ended
 */
type State =
  | { readonly at: "idle" }
  | { readonly at: "running"; readonly ending: AbortController }
  | { readonly at: "ended"; readonly end: InformerEnd };

/**
 * A picture of the keys of a range that is kept current: read it at any time, without asking the server, and be told of its changes.
 * What one reads between two awaits is of one revision. One watch feeds any number of readers.
 *
 * A lost connection, a compaction while it was cut off, a restored cluster: it lists again by itself, and its readers are told exactly
 * the adds, updates and deletes that make up the difference.
 *
 * @example
 * const informer = new Informer(client, { prefix: "services/", decode: (kv) => kv.json<{ port: number }>() });
 * await informer.start();
 * console.log(informer.list().length, "services at revision", informer.revision);
 * console.log(informer.get("services/a")?.port);
 * await informer.stop();
 */
export class Informer<Value = KeyValue> implements AsyncDisposable {
  readonly #client: EtcdClient;
  readonly #clock: Clock;
  readonly #settings: InformerSettings<Value>;
  readonly #picture: Picture<Value>;
  readonly #synced = deferred<undefined>();
  readonly #readers = new Set<ChangeReader<Value>>();
  readonly #waiters: RevisionWaiters;
  readonly #relists = new Map<ListCause, number>();
  readonly #onRelisted = new Set<() => void>();
  #state: State = { at: "idle" };
  #running: Promise<void> = Promise.resolve();

  /** @throws {TypeError} {RangeError} for options that are wrong */
  constructor(client: EtcdClient, options: InformerOptions<Value>) {
    this.#client = client;
    this.#clock = client[watcherHost].clock;
    this.#settings = informerSettings(options);
    this.#picture = new Picture(this.#settings);
    this.#waiters = new RevisionWaiters(() => this.revision, this.#clock);
    this.#synced.promise.catch(() => undefined); // whoever does not look at it does not want to hear of it
  }

  /**
   * Begins to list and to watch. Resolves when the first state is complete, also when it is empty.
   * @param options `signal`: aborting it stops the informer, before or after
   * @throws why the list failed, when no retry cures it; the signal's reason if it was aborted before; {ClosedError} after `stop()`
   */
  start(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    checkOptions(options, { signal: "value" }, "start");
    const signal = checkSignal(options.signal);
    if (this.#state.at === "ended") return Promise.reject(new ClosedError("The informer"));
    if (this.#state.at === "idle") {
      const ending = new AbortController();
      this.#state = { at: "running", ending };
      this.#running = this.#run(ending.signal);
    }
    const { ending } = this.#state;
    const unlink = onAbort(signal, (reason) => {
      ending.abort(reason);
    });
    void this.#running.then(unlink);
    return this.#synced.promise.then(() => undefined);
  }

  /** Whether `start()` has been called, or `stop()`. */
  get isStarted(): boolean {
    return this.#state.at !== "idle";
  }

  /** Whether the first state is complete. */
  get isSynced(): boolean {
    return this.#picture.isSynced;
  }

  /** The picture is of this revision. 0 until it is complete. */
  get revision(): Revision {
    return this.#picture.revision;
  }

  /** How many keys it has. */
  get size(): number {
    return this.#picture.store.size;
  }

  /** How often it had to list again, by cause. */
  get relists(): Readonly<Partial<Record<ListCause, number>>> {
    return Object.fromEntries(this.#relists);
  }

  /** Keys whose value `decode` cannot read, with what it threw. They have their last good value, if there was one. */
  get decodeErrors(): ReadonlyMap<string, unknown> {
    return this.#picture.decodeErrors();
  }

  /** The value of a key; undefined if there is no such key. */
  get(key: Key): Value | undefined {
    return this.#picture.store.get(keyId(keyBytes(key, "key")))?.value;
  }

  /** Whether the key is in the picture, and could be decoded. */
  has(key: Key): boolean {
    return this.get(key) !== undefined;
  }

  /** The key as etcd has it, with its revisions. */
  getKeyValue(key: Key): KeyValue | undefined {
    return this.#picture.store.get(keyId(keyBytes(key, "key")))?.kv;
  }

  /** The values, or those of the keys with a prefix. In no particular order. */
  list({ prefix }: { readonly prefix?: Key } = {}): Value[] {
    return this.entries({ prefix }).map(([, value]) => value);
  }

  /** Keys with their values, in no particular order. */
  entries({ prefix }: { readonly prefix?: Key | undefined } = {}): [key: string, value: Value][] {
    return this.#picture.entries(prefix === undefined ? "" : keyId(keyBytes(prefix, "prefix")));
  }

  /**
   * The values that an index has under a name.
   * @throws {RangeError} if there is no such index
   * @example
   * const informer = new Informer(client, {
   *   prefix: "services/",
   *   decode: (kv) => kv.json<{ zone: string }>(),
   *   indexes: { zone: (service) => service.zone },
   * });
   * await informer.start();
   * console.log(informer.byIndex("zone", "eu-1"));
   */
  byIndex(index: string, name: string): Value[] {
    const found: Value[] = [];
    for (const { value } of this.#picture.store.byIndex(index, name)) if (value !== undefined) found.push(value);
    return found;
  }

  /**
   * The state as it is now, as adds, and then every change. Any number of loops can run, each with its own buffer; none holds up another.
   * The loop throws if the informer fails for good, and ends quietly when it is stopped.
   * @example
   * for await (const change of informer.changes()) {
   *   if (change.type === "delete") console.log(change.key, "is gone");
   *   else console.log(change.key, change.value);
   * }
   */
  changes(options: ChangesOptions = {}): AsyncIterableIterator<InformerChange<Value>> {
    const { signal, maxBuffered, resyncIntervalMs } = changesSettings(options);
    const reader = new ChangeReader<Value>({
      signal,
      maxBuffered,
      onLeave: (left) => {
        this.#readers.delete(left);
      },
    });
    if (reader.isEnded) return reader;
    for (const change of this.present()) reader.push(change);
    if (this.#state.at === "ended") reader.end(this.#state.end);
    else {
      this.#readers.add(reader);
      if (resyncIntervalMs !== undefined) reader.startResync(this.#clock, resyncIntervalMs, () => this.#picture.asResync());
    }
    return reader;
  }

  /** @internal The state as it is now, as adds. */
  present(): Iterable<InformerChange<Value>> {
    return this.#picture.asAdds();
  }

  /** @internal Calls back when it has listed again and its readers have the difference. Returns what ends it. */
  onRelisted(callback: () => void): () => void {
    this.#onRelisted.add(callback);
    return () => {
      this.#onRelisted.delete(callback);
    };
  }

  /**
   * Resolves once the picture is of this revision or a later one: after a write, what the write's header says.
   * @throws {RpcError} DEADLINE_EXCEEDED after `timeoutMs` (10,000); the signal's reason; why the informer ended
   * @example
   * const { header } = await client.kv.put("services/a", '{"port":80}');
   * await informer.waitForRevision(header.revision);
   */
  waitForRevision(revision: Revision | number, options: RevisionWaitOptions = {}): Promise<void> {
    return this.#waiters.wait(toRevision(revision, "revision"), options);
  }

  /** Ends the watch and every loop, quietly. What was cached can still be read. Idempotent. */
  stop(): Promise<void> {
    if (this.#state.at === "running") this.#state.ending.abort(new ClosedError("The informer"));
    else if (this.#state.at === "idle") this.#end({ kind: "quiet" }, new ClosedError("The informer"));
    return this.#running;
  }

  /** The same as `stop()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { spec } = this.#settings;
    try {
      const onWatch = this.#waiters.watching;
      for await (const step of listWatchSteps(this.#client, spec, { known: this.#picture.known, signal, onWatch })) {
        if (step.type === "listing" && step.cause !== "start") this.#relists.set(step.cause, (this.#relists.get(step.cause) ?? 0) + 1);
        const isRelist = step.type === "synced" && this.isSynced;
        for (const change of this.#picture.take(step)) for (const reader of this.#readers) reader.push(change);
        if (isRelist) for (const callback of [...this.#onRelisted]) callback();
        if (step.type === "synced") this.#synced.resolve(undefined);
        this.#waiters.advanced();
      }
      this.#end({ kind: "quiet" }, signal.aborted ? (signal.reason as Error) : new ClosedError("The informer"));
    } catch (error) {
      this.#end({ kind: "error", error: error as Error }, error as Error);
    }
  }

  #end(end: InformerEnd, reason: Error): void {
    this.#state = { at: "ended", end };
    this.#synced.reject(reason);
    this.#waiters.close(reason);
    for (const reader of [...this.#readers]) reader.end(end);
  }
}
