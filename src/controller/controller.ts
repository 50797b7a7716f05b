import { Informer } from "../cache/informer.ts";
import type { EtcdClient } from "../client/etcd-client.ts";
import { ClosedError, RpcError } from "../errors/etcd-error.ts";
import type { KeyValue } from "../model/key-value.ts";
import { abortable, abortReason, onAbort } from "../util/abort.ts";
import { type Clock, sleep } from "../util/clock.ts";
import { deferred } from "../util/deferred.ts";
import type { Logger } from "../util/logger.ts";
import { checkOptions, checkSignal } from "../util/option-check.ts";
import { watcherHost } from "../watch/watcher-host.ts";
import { ControllerFigures, type ControllerMetrics } from "./controller-metrics.ts";
import {
  type ControllerOptions,
  type ControllerSettings,
  controllerSettings,
  type ControllerSource,
  type LeadershipTerm,
} from "./controller-options.ts";
import { Worker } from "./worker.ts";

/**
 * Keeps something in line with the keys of a range: for each key that changes it calls `reconcile`, which compares and acts. A key is
 * never worked on twice at once; many changes of it while it is come to one more run. What fails is tried again, later and later.
 *
 * Lost connections, compactions and restores are dealt with below: after each of them `reconcile` runs for the keys that differ. With
 * further `sources`, when one had to be listed again, it runs for every key that the others have as well: what was made and has vanished
 * while a watch was cut off is in no difference.
 *
 * @example
 * const stop = new AbortController();
 * const controller = new Controller(client, {
 *   prefix: "services/",
 *   decode: (kv) => kv.json<{ replicas: number }>(),
 *   reconcile: (key, { value, attempt }) => {
 *     console.log(key, value === undefined ? "is gone" : `wants ${String(value.replicas)} replicas`, "attempt", attempt);
 *     stop.abort();
 *   },
 * });
 * await client.kv.put("services/a", '{"replicas":2}');
 * await controller.run({ signal: stop.signal });
 */
export class Controller<Value = KeyValue> {
  /** The picture of its range. */
  readonly informer: Informer<Value>;
  readonly #settings: ControllerSettings<Value>;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #figures = new ControllerFigures();
  /** Keys on which a worker has given up though they run still, each with its end. */
  readonly #left = new Map<string, Promise<void>>();
  #worker: Worker<Value> | undefined;
  #isRunning = false;

  /** @throws {TypeError} {RangeError} for options that are wrong */
  constructor(client: EtcdClient, options: ControllerOptions<Value>) {
    this.#settings = controllerSettings(options);
    this.informer = new Informer(client, this.#settings.informer);
    this.#logger = client[watcherHost].logger;
    this.#clock = client[watcherHost].clock;
  }

  /** What operators expect: the queue, the runs, how long both take. A snapshot. */
  get metrics(): ControllerMetrics {
    const worker = this.#worker ?? this.#newWorker();
    const relists: Record<string, number> = {};
    for (const informer of this.#informers)
      for (const [cause, count = 0] of Object.entries(informer.relists)) relists[cause] = (relists[cause] ?? 0) + count;
    return { ...worker.metrics, relists };
  }

  get #informers(): readonly Pick<Informer, "start" | "stop" | "isStarted" | "relists" | "onRelisted">[] {
    return [...new Set([this.informer, ...this.#settings.sources.map(({ informer }) => informer)])];
  }

  /**
   * Starts the sources, waits for their first state, and works until the signal is aborted; then resolves once all that ran has ended. Once.
   * @throws {RpcError} DEADLINE_EXCEEDED if the sources are not in sync within `syncTimeoutMs`; why a source failed for good, such as
   * permission denied; {ClosedError} if it has run before
   */
  async run(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    checkOptions(options, { signal: "value" }, "run");
    const outer = checkSignal(options.signal);
    if (this.#isRunning) throw new ClosedError("The controller");
    this.#isRunning = true;
    const ending = new AbortController();
    const unlink = onAbort(outer, (reason) => {
      ending.abort(reason);
    });
    const own = this.#informers.filter((informer) => !informer.isStarted);
    try {
      await this.#sync(own, ending.signal);
      if (this.#settings.leader === undefined) await this.#work(ending, ending, undefined);
      else await this.#workWhileLeading(ending);
    } catch (error) {
      if (!ending.signal.aborted || error !== abortReason(ending.signal)) throw error;
    } finally {
      unlink();
      ending.abort(new ClosedError("The controller"));
      await Promise.all(own.map((informer) => informer.stop()));
    }
  }

  /** Loudly: a controller that silently waits for a list for ever is worse than one that ends. */
  async #sync(own: readonly Pick<Informer, "start">[], signal: AbortSignal): Promise<void> {
    const { syncTimeoutMs } = this.#settings;
    // One that runs is its owner's, and not stopped with the controller. It is waited for all the same.
    const syncs = this.#informers.map((informer) =>
      own.includes(informer) ? informer.start({ signal }) : abortable(informer.start(), signal),
    );
    const limit = new AbortController();
    const tooLate = sleep(syncTimeoutMs, { signal: limit.signal, clock: this.#clock }).then(() => {
      throw new RpcError({
        code: "DEADLINE_EXCEEDED",
        details: `The first lists were not complete within ${String(syncTimeoutMs)} ms`,
        path: "/etcdserverpb.KV/Range",
      });
    });
    try {
      await Promise.race([Promise.all(syncs), tooLate]);
    } finally {
      limit.abort();
      tooLate.catch(() => undefined);
    }
  }

  /** Over and over: leads, works, loses the lead. */
  async #workWhileLeading(ending: AbortController): Promise<void> {
    const isEnding = (): boolean => ending.signal.aborted;
    while (!isEnding()) {
      const term = await this.#settings.leader?.lead({ signal: ending.signal });
      if (term === undefined) return;
      const working = new AbortController();
      const unlinks = [ending.signal, term.signal].map((signal) =>
        onAbort(signal, (reason) => {
          working.abort(reason);
        }),
      );
      // Who has lost the lead has no time to finish: another one may begin any moment.
      const unlinkTerm = onAbort(term.signal, (reason) => {
        this.#worker?.abort(reason);
      });
      try {
        await this.#work(working, ending, term);
      } finally {
        for (const unlink of [...unlinks, unlinkTerm]) unlink();
        await term.release(); // only now that nothing runs any more
      }
    }
  }

  /**
   * Until it is aborted, or a source fails.
   * @param working what ends the work under this term; `ending`: what ends the controller
   */
  async #work(working: AbortController, ending: AbortController, term: LeadershipTerm | undefined): Promise<void> {
    const { resyncIntervalMs, sources, drainTimeoutMs } = this.#settings;
    const { signal } = working;
    const worker = this.#newWorker(term?.permit);
    this.#worker = worker;
    const ownSource: ControllerSource<Value> = { informer: this.informer, keys: ({ key }) => key };
    const broken = deferred<never>();
    /** Queues what the sources call for as they are now, all but one. */
    const addPresentOf = (isWanted: (key: string) => boolean, except?: Pick<Informer, "isStarted">): void => {
      try {
        if (ownSource.informer !== except) addPresent(worker, ownSource, isWanted);
        for (const source of sources) if (source.informer !== except) addPresent(worker, source, isWanted);
      } catch (error) {
        broken.reject(error as Error); // a `keys` threw: that ends the controller, and not who called back
      }
    };
    const ungain = term?.onGained?.((isGained) => {
      addPresentOf(isGained);
      worker.gained(isGained);
    });
    // What was made in a range and has vanished from it before its watch was back is in no difference. What calls for it is in another range.
    const unlisten = this.#informers.map((informer) =>
      informer.onRelisted(() => {
        addPresentOf(() => true, informer);
      }),
    );
    const feed = async <SourceValue>(source: ControllerSource<SourceValue>, intervalMs?: number): Promise<void> => {
      await this.#feed(worker, source, signal, intervalMs);
      if (signal.aborted) return;
      this.#logger.warn("An informer was stopped on which a controller stands, and so the controller stops");
      ending.abort(new ClosedError("An informer of the controller"));
    };
    const loops = [feed(ownSource, resyncIntervalMs), ...sources.map((source) => feed(source))];
    try {
      await Promise.race([Promise.all(loops), broken.promise]);
    } finally {
      ungain?.();
      for (const end of unlisten) end();
      working.abort(new ClosedError("The controller"));
      this.#leave(await worker.stop({ drainTimeoutMs, reason: abortReason(signal) }));
      await Promise.allSettled(loops);
    }
  }

  #leave(left: ReadonlyMap<string, Promise<void>>): void {
    if (left.size === 0) return;
    this.#logger.error("Keys are worked on still, though their signal was aborted: they are given up", { keys: [...left.keys()] });
    for (const [key, end] of left) {
      this.#left.set(key, end);
      void end.then(() => this.#left.delete(key));
    }
  }

  async #feed<SourceValue>(
    worker: Worker<Value>,
    { informer, keys }: ControllerSource<SourceValue>,
    signal: AbortSignal,
    resyncIntervalMs: number | undefined,
  ): Promise<void> {
    // Never merged: an add and a delete come to nothing then, and what was made and deleted is to be mended. It is taken at once, so few wait.
    const maxBuffered = Number.MAX_SAFE_INTEGER;
    for await (const change of informer.changes({ signal, resyncIntervalMs, maxBuffered })) {
      if (change.type === "error") this.#logger.warn("A value could not be decoded", { key: change.key, error: change.error });
      const isMany = (change.type === "add" && change.isInitial) || (change.type === "update" && change.isResync);
      for (const key of keysOf(keys(change))) worker.add(key, isMany ? "background" : "live");
    }
  }

  #newWorker(permit?: LeadershipTerm["permit"]): Worker<Value> {
    const { reconcile, concurrency, retry } = this.#settings;
    return new Worker({
      informer: this.informer,
      reconcile,
      concurrency,
      retry,
      clock: this.#clock,
      figures: this.#figures,
      permit,
      left: this.#left,
      onError: (key, error, retryInMs) => {
        this.#logger.warn(retryInMs === undefined ? "A key failed for good" : "A key failed; it is tried again", { key, error, retryInMs });
      },
    });
  }
}

/** Queues what a source calls for as it is now. */
function addPresent<Value, SourceValue>(
  worker: Worker<Value>,
  { informer, keys }: ControllerSource<SourceValue>,
  isWanted: (key: string) => boolean,
): void {
  for (const change of informer.present()) for (const key of keysOf(keys(change))) if (isWanted(key)) worker.add(key, "background");
}

function keysOf(keys: readonly string[] | string | undefined): readonly string[] {
  if (keys === undefined) return [];
  return typeof keys === "string" ? [keys] : keys;
}
