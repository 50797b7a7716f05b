import type { ClusterIdentity } from "../cluster-identity.ts";
import type { Event, KeyValue } from "../../gen/kv.ts";
import type { WatchResponse } from "../../gen/rpc.ts";
import { Deque } from "../../util/deque.ts";
import { RefusedError } from "../refused-error.ts";
import { eventOf, isCreate } from "../store/change.ts";
import type { Change } from "../store/change.ts";
import type { EventChannel, WatchMessage } from "../store/event-channel.ts";
import type { MvccStore } from "../store/mvcc-store.ts";
import { ALL_WATCHES } from "../store/watchable-store.ts";
import { splitResponse } from "./response-fragments.ts";

/** Acknowledgements that may wait before requests must. */
const MOST_CONTROLS = 16;

export interface SendOptions {
  readonly progressNotify: boolean;
  readonly prevKv: boolean;
  readonly fragment: boolean;
}

/** How one watch is sent to. `progressDue` says whether the next tick sends it progress: not if events were sent since the last. */
interface SendState extends SendOptions {
  progressDue: boolean;
}

interface Control {
  readonly response: WatchResponse;
  readonly state: SendState | undefined;
}

export interface WatchSenderOptions {
  readonly channel: EventChannel;
  readonly mvcc: MvccStore;
  readonly identity: ClusterIdentity;
  readonly random: () => number;
  readonly fragmentBytes: number;
  readonly write: (response: WatchResponse) => boolean;
}

/**
 * The send loop of one stream. It takes from two queues, one of acknowledgements and one of what the store says, at random when both hold
 * something, as etcd's select does. What is for a watch whose creation has not been sent yet waits for it.
 */
export class WatchSender {
  readonly #options: WatchSenderOptions;
  readonly #controls = new Deque<Control>();
  readonly #states = new Map<bigint, SendState>();
  /** Watches whose creation was sent, and not yet the end that the client asked for. */
  readonly #announced = new Set<bigint>();
  readonly #waiting = new Map<bigint, WatchResponse[]>();
  #flow: "open" | "blocked" | "closed" = "open";

  constructor(options: WatchSenderOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#controls.size >= MOST_CONTROLS;
  }

  /** Queues the answer to a create that was granted. */
  announce(response: WatchResponse, options: SendOptions): void {
    const state: SendState = { ...options, progressDue: true };
    this.#states.set(response.watchId, state);
    this.#enqueue({ response, state });
  }

  acknowledgeCancel(response: WatchResponse): void {
    this.#enqueue({ response, state: this.#states.get(response.watchId) });
  }

  /** Queues an answer that is for no watch. */
  control(response: WatchResponse): void {
    this.#enqueue({ response, state: undefined });
  }

  /** Watches to send progress to at this tick. All are due again at the next, unless events go out before. */
  dueForProgress(): bigint[] {
    const due: bigint[] = [];
    for (const [watchId, state] of this.#states) {
      if (!state.progressNotify) continue;
      if (state.progressDue) due.push(watchId);
      state.progressDue = true;
    }
    return due;
  }

  drained(): void {
    if (this.#flow !== "blocked") return;
    this.#flow = "open";
    this.pump();
  }

  close(): void {
    this.#flow = "closed";
    this.#controls.clear();
    this.#waiting.clear();
    this.#states.clear();
  }

  /** Sends what is queued, until the transport says that it holds enough. */
  pump(): void {
    const { channel, random } = this.#options;
    while (this.#flow === "open") {
      const hasControl = this.#controls.size > 0;
      const hasMessage = channel.size > 0;
      if (!hasControl && !hasMessage) return;
      const control = hasControl && (!hasMessage || random() < 0.5) ? this.#controls.shift() : undefined;
      if (control !== undefined) {
        this.#sendControl(control);
        continue;
      }
      const message = channel.take();
      if (message !== undefined) this.#sendMessage(message);
    }
  }

  #enqueue(control: Control): void {
    this.#controls.push(control);
    this.pump();
  }

  #sendControl({ response, state }: Control): void {
    this.#write(response);
    const { watchId, created, canceled } = response;
    if (canceled && !created) {
      this.#announced.delete(watchId);
      if (this.#states.get(watchId) === state) this.#states.delete(watchId); // the id may have been taken again meanwhile
    } else if (created && !canceled) {
      this.#announced.add(watchId);
      for (const waiting of this.#waiting.get(watchId) ?? []) this.#write(waiting); // whole: etcd does not split these
      this.#waiting.delete(watchId);
    }
  }

  #sendMessage(message: WatchMessage): void {
    const { watchId, changes } = message;
    const state = this.#states.get(watchId);
    const response = this.#responseOf(message, state?.prevKv ?? false);
    if (watchId !== ALL_WATCHES && !this.#announced.has(watchId)) {
      const waiting = this.#waiting.get(watchId);
      if (waiting === undefined) this.#waiting.set(watchId, [response]);
      else waiting.push(response);
      return;
    }
    const pieces = state?.fragment === true ? splitResponse(response, this.#options.fragmentBytes) : [response];
    for (const piece of pieces) this.#write(piece);
    if (state !== undefined && changes.length > 0) state.progressDue = false;
  }

  #write(response: WatchResponse): void {
    if (!this.#options.write(response) && this.#flow === "open") this.#flow = "blocked";
  }

  #responseOf({ watchId, changes, revision, compactRevision }: WatchMessage, prevKv: boolean): WatchResponse {
    return {
      header: this.#options.identity.header(revision),
      watchId,
      created: false,
      canceled: compactRevision !== 0n,
      compactRevision,
      cancelReason: "",
      fragment: false,
      events: changes.map((change): Event => eventOf(change, prevKv && !isCreate(change) ? this.#pairBefore(change) : undefined)),
    };
  }

  /** Looked up when it is sent: a compaction since then has taken it. */
  #pairBefore({ key, kv }: Change): KeyValue | undefined {
    try {
      return this.#options.mvcc.range({ kind: "key", key }, { revision: kv.modRevision - 1n }).kvs[0];
    } catch (error) {
      if (error instanceof RefusedError) return undefined;
      throw error;
    }
  }
}
