/**
 * Thrown by a `reconcile` that knows no retry would help: it is counted and logged, and the key is left alone until it changes again.
 * @example
 * throw new TerminalError("the spec names a zone that does not exist: " + zone);
 */
export class TerminalError extends Error {
  /** Always "TerminalError". */
  override readonly name = "TerminalError";
}
