import type { Informer } from "../cache/informer.ts";
import type { TxnComparison } from "../client/compare.ts";

/** What a `reconcile` is told beside the key. The value is what is now, not what was when the key was queued. */
export interface ReconcileContext<Value> {
  /** The key's value; undefined if the key is gone, or is one of another source's. */
  readonly value: Value | undefined;
  /** The picture that the value is from. */
  readonly informer: Informer<Value>;
  /** 1 for the first try, one more after each failure in a row. */
  readonly attempt: number;
  /** Aborted when the controller has to stop and its time to finish is over, and at once when the key is no longer this process's. */
  readonly signal: AbortSignal;
  /**
   * With an `Election` or a `Shard`: a condition for each transaction that writes. etcd refuses it (`succeeded` is false) once another
   * process is in charge of the key, however late this one notices. Undefined without `leader`.
   */
  readonly fence: TxnComparison | undefined;
}

/** Nothing, or when to come back to the key if it does not change before. */
export type ReconcileResult = { readonly requeueAfterMs?: number | undefined } | undefined;

/**
 * Moves what is to what should be, for one key. It is told which key, not what happened: it reads and compares, so that lost and
 * repeated calls do no harm. Throwing makes it run again later, with growing delays; a `TerminalError` does not.
 */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a function that returns nothing is the usual one
export type Reconcile<Value> = (key: string, context: ReconcileContext<Value>) => Promise<ReconcileResult | void> | ReconcileResult | void;
