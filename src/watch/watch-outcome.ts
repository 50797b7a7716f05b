import type { EtcdError } from "../errors/etcd-error.ts";

/** How a watch ended. There is one, and it never changes. */
export type WatchOutcome =
  /** The user wanted it: cancel, abort, break, close. `reason` is for `created`. */
  { readonly kind: "quiet"; readonly reason: Error } | { readonly kind: "error"; readonly error: EtcdError };

export function reasonOf(outcome: WatchOutcome): Error {
  return outcome.kind === "quiet" ? outcome.reason : outcome.error;
}
