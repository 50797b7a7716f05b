import { jsonInteger } from "../model/json-form.ts";
import type { Revision } from "../model/revision.ts";
import { type Deferred, deferred } from "../util/deferred.ts";

/** The server has registered the watch. */
export class WatchCreated {
  /** The store's revision then. A from-now watch begins at the next one; for any other it says nothing of what is to come. */
  readonly revision: Revision;

  constructor(revision: Revision) {
    this.revision = revision;
  }

  toJSON(): Record<string, unknown> {
    return { revision: jsonInteger(this.revision) };
  }
}

/** Whether a watch was created, and a promise of it for whoever asks. The first word counts; without a question no promise is made. */
export class Creation {
  #word: WatchCreated | Error | undefined;
  #promise: Promise<WatchCreated> | undefined;
  #settle: Deferred<WatchCreated> | undefined;

  get isCreated(): boolean {
    return this.#word instanceof WatchCreated;
  }

  get promise(): Promise<WatchCreated> {
    return (this.#promise ??= this.#ask());
  }

  resolve(created: WatchCreated): void {
    if (this.#word !== undefined) return;
    this.#word = created;
    this.#settle?.resolve(created);
    this.#settle = undefined;
  }

  reject(reason: Error): void {
    if (this.#word !== undefined) return;
    this.#word = reason;
    this.#settle?.reject(reason);
    this.#settle = undefined;
  }

  #ask(): Promise<WatchCreated> {
    if (this.#word instanceof WatchCreated) return Promise.resolve(this.#word);
    const asked = deferred<WatchCreated>();
    asked.promise.catch(() => undefined); // whoever does not look at it does not want to hear of it
    if (this.#word === undefined) this.#settle = asked;
    else asked.reject(this.#word);
    return asked.promise;
  }
}
