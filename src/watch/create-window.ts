import { RpcError } from "../errors/etcd-error.ts";
import type { Int64 } from "../model/int64.ts";
import type { Clock, Timer } from "../util/clock.ts";

/** Creates in flight at the most. Measured: with 256 of them 10,000 watches were created soonest; with all at once it was slower. */
const CREATES_IN_FLIGHT = 256;

/** A probe is given this long, or so many times as long as the first create took, if that is more. */
const MIN_PROBE_LIMIT_MS = 1_000;
const PROBE_LIMIT_ROUND_TRIPS = 10;

/** Our ids lie far above those that a server counts up itself. */
const FIRST_OWN_ID = 2 ** 20;
const LAST_FIRST_OWN_ID = 2 ** 30;

const PATH = "/etcdserverpb.Watch/Watch";

/** What a connection ends with whose answers cannot be told apart: it is opened again, with one create at a time. */
const OUT_OF_ORDER = new RpcError({
  code: "UNAVAILABLE",
  details: "creates were not answered in order; they are sent one at a time from now on",
  path: PATH,
});
const PROBE_DROPPED = new RpcError({
  code: "UNAVAILABLE",
  details: "a create with an id of the client's own was not answered; they are sent without, and one at a time, from now on",
  path: PATH,
});

export interface CreateWindowOptions {
  readonly clock: Clock;
  /** How many creates may be in flight once it is open. */
  readonly most?: number | undefined;
  /** It is known of the endpoint that more than one create at a time does not go well. */
  readonly isSingle: boolean;
  /** The connection is to be given up, and its endpoint is to be remembered. */
  readonly onUnfit: (error: RpcError) => void;
}

/**
 * How many creates may be in flight on one connection, and which id each asks for. etcd answers creates in their order, and gives a watch
 * the id that was asked for, if one was; a refusal has no id. Servers and proxies that are not quite etcd do not, so it is tried first.
 *
 *   plain ── answered ──► probing ── created, with our id ──► open
 *                            ├─────── created, with another id ──► single
 *                            └─────── not answered (kine) ───────► the connection is opened again, as single
 *
 * plain: the first create asks for no id, as clientv3's never do: most clients have one watch, and no need to know. probing: one create with
 * an id of our own goes alone; a refusal proves nothing, so the next one probes. open: a window of them, each with an id of our own; an answer
 * that is not the oldest one's starts the stream over, as single. single: one at a time, without an id.
 */
export class CreateWindow {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #onUnfit: (error: RpcError) => void;
  #state: "plain" | "probing" | "open" | "single";
  #nextOwnId = Math.floor(FIRST_OWN_ID + Math.random() * (LAST_FIRST_OWN_ID - FIRST_OWN_ID));
  #sentAtMs = 0;
  #probeLimitMs = MIN_PROBE_LIMIT_MS;
  #timer: Timer | undefined;

  constructor({ clock, most = CREATES_IN_FLIGHT, isSingle, onUnfit }: CreateWindowOptions) {
    this.#clock = clock;
    this.#most = most;
    this.#onUnfit = onUnfit;
    this.#state = isSingle ? "single" : "plain";
  }

  /** How many creates may be in flight now. */
  get size(): number {
    return this.#state === "open" ? this.#most : 1;
  }

  /** A create is sent. Returns the id that it asks for; 0 for none. */
  send(): number {
    if (this.#state === "plain") this.#sentAtMs = this.#clock.nowMs();
    if (this.#state === "plain" || this.#state === "single") return 0;
    if (this.#state === "probing") this.#awaitProbe();
    return this.#nextOwnId++;
  }

  /**
   * An answer has come for the oldest create.
   * @param askedId what that one asked for
   * @returns whether it can be its answer; if not, the connection is being given up
   */
  answered(askedId: Int64, { watchId, isRefusal }: { readonly watchId: Int64; readonly isRefusal: boolean }): boolean {
    this.close();
    if (this.#state === "plain") {
      this.#probeLimitMs = Math.max(MIN_PROBE_LIMIT_MS, PROBE_LIMIT_ROUND_TRIPS * (this.#clock.nowMs() - this.#sentAtMs));
      this.#state = "probing";
      return true;
    }
    if (this.#state === "probing" && !isRefusal) this.#state = watchId === askedId ? "open" : "single";
    if (this.#state !== "open" || watchId === askedId || (isRefusal && (watchId === -1n || watchId === 0))) return true;
    this.#onUnfit(OUT_OF_ORDER);
    return false;
  }

  /** The connection is over. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** In two halves: after a pause of our own the answer may be there and not read yet. */
  #awaitProbe(): void {
    const halfMs = this.#probeLimitMs / 2;
    this.#timer = this.#clock.setTimer(halfMs, () => {
      this.#timer = this.#clock.setTimer(halfMs, () => {
        this.#onUnfit(PROBE_DROPPED);
      });
    });
  }
}
