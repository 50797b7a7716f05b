import type { EtcdError } from "../errors/etcd-error.ts";
import { deferred, type Deferred } from "../util/deferred.ts";
import { Deque } from "../util/deque.ts";
import type { LeaseKeepAliveResponse } from "./lease-responses.ts";

type Taken = IteratorResult<LeaseKeepAliveResponse, undefined>;

/** Whether it goes on, and how it ended: an error is thrown once, and after that the loop is over. */
type InboxState = { readonly at: "open" } | { readonly at: "failed"; readonly error: EtcdError } | { readonly at: "over" };

/**
 * What one reader of a lease's renewals has not read yet. Of answers that wait only the newest is kept: it says all that the older ones
 * said. A reader that never reads thus costs nothing, and its lease is renewed all the same.
 */
export class KeepAliveInbox {
  /** Called once, when no more is wanted or no more will come. */
  onEnd: () => void = () => undefined;
  readonly #waiting = new Deque<Deferred<Taken>>();
  #unread: LeaseKeepAliveResponse | undefined;
  #state: InboxState = { at: "open" };

  push(response: LeaseKeepAliveResponse): void {
    if (this.#state.at !== "open") return;
    const reader = this.#waiting.shift();
    if (reader === undefined) this.#unread = response;
    else reader.resolve({ done: false, value: response });
  }

  /** No more will come. The error is thrown after what is unread has been read. */
  fail(error: EtcdError): void {
    if (this.#state.at === "open") this.#end({ at: "failed", error });
  }

  /** Nothing is handed over any more, no error either. */
  leave(): void {
    const wasOpen = this.#state.at === "open";
    this.#unread = undefined;
    if (wasOpen) this.#end({ at: "over" });
    else this.#state = { at: "over" };
  }

  next(): Promise<Taken> {
    const response = this.#unread;
    if (response !== undefined) {
      this.#unread = undefined;
      return Promise.resolve({ done: false, value: response });
    }
    if (this.#state.at !== "open") return this.#last();
    const reader = deferred<Taken>();
    this.#waiting.push(reader);
    return reader.promise;
  }

  #end(state: InboxState): void {
    this.#state = state;
    for (let reader = this.#waiting.shift(); reader !== undefined; reader = this.#waiting.shift()) {
      this.#last().then(reader.resolve, reader.reject);
    }
    this.onEnd();
  }

  #last(): Promise<Taken> {
    const state = this.#state;
    this.#state = { at: "over" };
    return state.at === "failed" ? Promise.reject(state.error) : Promise.resolve({ done: true, value: undefined });
  }
}
