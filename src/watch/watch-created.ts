import { jsonInteger } from "../model/json-form.ts";
import type { Revision } from "../model/revision.ts";

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
