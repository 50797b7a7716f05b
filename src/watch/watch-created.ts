import { jsonInteger } from "../model/json-form.ts";
import type { Revision } from "../model/revision.ts";
import { type Deferred, deferred } from "../util/deferred.ts";

/** The server has registered the watch. */
export class WatchCreated {
  /** The store's revision then. A from-now watch begins at the next one; for any other it says nothing of what is to come. */
  readonly revision: Revision;

  /** @internal */
  constructor(revision: Revision) {
    this.revision = revision;
  }

  /** With the revision as a number while that is exact. */
  toJSON(): Record<string, unknown> {
    return { revision: jsonInteger(this.revision) };
  }
}

/**
 * Whether a watch was created: not known yet, or asked for by somebody who waits; then the word on it, or the promise that somebody has.
 * One field, for it is in every watch, and no promise is made where nobody asks.
 *
 *   undefined ── asked ──► Deferred ── word ──► Promise
 *       └── word ──► WatchCreated or Error ── asked ──┘
 */
export type Creation = undefined | Deferred<WatchCreated> | Promise<WatchCreated> | WatchCreated | Error;

/** Somebody asks: the creation as it is from then on, and the promise. */
export function askedFor(creation: Creation): { readonly creation: Creation; readonly promise: Promise<WatchCreated> } {
  if (creation instanceof Promise) return { creation, promise: creation };
  if (isAsked(creation)) return { creation, promise: creation.promise };
  const asked = newAsked();
  if (creation === undefined) return { creation: asked, promise: asked.promise };
  settle(asked, creation);
  return { creation: asked.promise, promise: asked.promise };
}

/** The word on it: the creation as it is from then on. Only the first one counts. */
export function settled(creation: Creation, word: WatchCreated | Error): Creation {
  if (creation !== undefined && !isAsked(creation)) return creation;
  // What a signal was aborted with may be no Error, and look like anything, so it is kept in a promise.
  if (creation === undefined && (word instanceof WatchCreated || word instanceof Error)) return word;
  const asked = creation ?? newAsked();
  settle(asked, word);
  return asked.promise;
}

function isAsked(creation: Creation): creation is Deferred<WatchCreated> {
  return !(creation === undefined || creation instanceof Promise || creation instanceof WatchCreated || creation instanceof Error);
}

function newAsked(): Deferred<WatchCreated> {
  const asked = deferred<WatchCreated>();
  asked.promise.catch(() => undefined); // whoever does not look at it does not want to hear of it
  return asked;
}

function settle({ resolve, reject }: Deferred<WatchCreated>, word: WatchCreated | Error): void {
  if (word instanceof WatchCreated) resolve(word);
  else reject(word);
}
