import type { Informer } from "../cache/informer.ts";

/** What a `reconcile` is told beside the key. The value is what is now, not what was when the key was queued. */
export interface ReconcileContext<Value> {
  /** The key's value; undefined if the key is gone, or is one of another source's. */
  readonly value: Value | undefined;
  /** The picture that the value is from. */
  readonly informer: Informer<Value>;
  /** 1 for the first try, one more after each failure in a row. */
  readonly attempt: number;
  /** Aborted when the controller has to stop and its time to finish is over. */
  readonly signal: AbortSignal;
}

/** Nothing, or when to come back to the key if it does not change before. */
export type ReconcileResult = { readonly requeueAfterMs?: number | undefined } | undefined;

/**
 * Moves what is to what should be, for one key. It is told which key, not what happened: it reads and compares, so that lost and
 * repeated calls do no harm. Throwing makes it run again later, with growing delays; a `TerminalError` does not.
 */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a function that returns nothing is the usual one
export type Reconcile<Value> = (key: string, context: ReconcileContext<Value>) => Promise<ReconcileResult | void> | ReconcileResult | void;
