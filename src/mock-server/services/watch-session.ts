import type { Behaviour } from "../behaviour.ts";
import type { ClusterIdentity } from "../cluster-identity.ts";
import { serverErrors } from "../../errors/server-errors.ts";
import type { WatchCreateRequest, WatchRequest, WatchResponse } from "../../gen/rpc.ts";
import { WatchCreateRequest_FilterType } from "../../gen/rpc.ts";
import type { Clock, Timer } from "../../util/clock.ts";
import type { Change } from "../store/change.ts";
import { EventChannel } from "../store/event-channel.ts";
import { keySpan } from "../store/key-text.ts";
import { ALL_WATCHES } from "../store/watchable-store.ts";
import type { WatchableStore } from "../store/watchable-store.ts";
import { WatchStream } from "../store/watch-stream.ts";
import { WatchSender } from "./watch-sender.ts";

/** A key of no bytes means the smallest key there is. */
const SMALLEST_KEY = Buffer.from([0]);
/** The id of an answer that is for no watch. */
const NO_WATCH = -1n;

export interface WatchSessionOptions {
  readonly store: WatchableStore;
  readonly identity: ClusterIdentity;
  readonly behaviour: Behaviour;
  readonly clock: Clock;
  readonly random: () => number;
  readonly progressIntervalMs: number;
  readonly fragmentBytes: number;
  /** Sends a response. False once no more should be sent until `drained()` is called. */
  readonly write: (response: WatchResponse) => boolean;
  /** Why the watch may not be had, in the words of its cancel reason; undefined if it may. */
  readonly refusalOf: (request: WatchCreateRequest) => string | undefined;
}

/**
 * One Watch call: requests in, in order; responses out.
 *
 *   open ── close ──► closed   takes no request, sends nothing, and has no watch and no timer
 */
export class WatchSession {
  readonly #options: WatchSessionOptions;
  readonly #stream: WatchStream;
  readonly #sender: WatchSender;
  #ticker: Timer | undefined;
  #state: "open" | "closed" = "open";

  constructor(options: WatchSessionOptions) {
    const { store, identity, random, fragmentBytes, write } = options;
    this.#options = options;
    const channel = new EventChannel(() => {
      this.#sender.pump();
    });
    this.#stream = new WatchStream(store, channel);
    this.#sender = new WatchSender({ channel, mvcc: store.mvcc, identity, random, fragmentBytes, write });
    this.#startTicker();
  }

  get watcherCount(): number {
    return this.#stream.size;
  }

  /** Whether requests should wait: etcd's receive loop stands still when its acknowledgements are not taken. */
  get isFull(): boolean {
    return this.#sender.isFull;
  }

  receive({ requestUnion }: WatchRequest): void {
    if (this.#state === "closed") return; // grpc-js may still hand over what had come before the end
    switch (requestUnion?.$case) {
      case "createRequest":
        this.#create(requestUnion.value);
        return;
      case "cancelRequest":
        this.#cancel(requestUnion.value.watchId);
        return;
      case "progressRequest":
        this.#progress();
        return;
      case undefined: // etcd takes no offence
        return;
    }
  }

  drained(): void {
    this.#sender.drained();
  }

  close(): void {
    this.#state = "closed";
    this.#ticker?.cancel();
    this.#ticker = undefined;
    this.#sender.close();
    this.#stream.close();
  }

  #create(request: WatchCreateRequest): void {
    const { behaviour, refusalOf } = this.#options;
    const key = request.key.length === 0 ? SMALLEST_KEY : request.key;
    if (behaviour.refusesNegativeStart && request.startRevision < 0n) {
      this.#refuse(serverErrors.compacted.message);
      return;
    }
    const denied = refusalOf({ ...request, key });
    if (denied !== undefined) {
      this.#refuse(denied);
      return;
    }
    const outcome = this.#stream.create({
      watchId: request.watchId,
      span: keySpan(key, request.rangeEnd),
      startRevision: request.startRevision,
      without: withoutKinds(request),
    });
    if ("refused" in outcome) {
      this.#refuse(outcome.refused);
      return;
    }
    const { progressNotify, prevKv, fragment } = request;
    this.#sender.announce(this.#control({ watchId: outcome.watchId, created: true }), { progressNotify, prevKv, fragment });
  }

  #cancel(watchId: bigint): void {
    if (!this.#stream.cancel(watchId)) return;
    this.#sender.acknowledgeCancel(this.#control({ watchId, canceled: true }));
  }

  #progress(): void {
    if (this.#options.behaviour.manualProgress === "at-once") this.#sender.control(this.#control({ watchId: ALL_WATCHES }));
    else this.#stream.requestProgressOfAll();
  }

  #refuse(cancelReason: string): void {
    this.#sender.control(this.#control({ watchId: NO_WATCH, created: true, canceled: true, cancelReason }));
  }

  #control(fields: { watchId: bigint; created?: boolean; canceled?: boolean; cancelReason?: string }): WatchResponse {
    const { identity, store } = this.#options;
    const header = identity.header(store.mvcc.revision);
    return { header, created: false, canceled: false, compactRevision: 0n, cancelReason: "", fragment: false, events: [], ...fields };
  }

  /** The period is drawn once for the stream, up to a tenth longer, so that streams opened together do not tick together. */
  #startTicker(): void {
    const { clock, random, progressIntervalMs } = this.#options;
    const periodMs = progressIntervalMs * (1 + random() / 10);
    const tick = (): void => {
      this.#ticker = clock.setTimer(periodMs, tick);
      for (const watchId of this.#sender.dueForProgress()) this.#stream.requestProgress(watchId);
    };
    this.#ticker = clock.setTimer(periodMs, tick);
  }
}

function withoutKinds({ filters }: WatchCreateRequest): ReadonlySet<Change["kind"]> {
  const kinds = new Set<Change["kind"]>();
  if (filters.includes(WatchCreateRequest_FilterType.NOPUT)) kinds.add("put");
  if (filters.includes(WatchCreateRequest_FilterType.NODELETE)) kinds.add("delete");
  return kinds;
}
