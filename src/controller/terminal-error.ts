/**
 * Thrown by a `reconcile` that knows no retry would help: it is counted and logged, and the key is left alone until it changes again.
 *
 * @example
 * const stop = new AbortController();
 * const controller = new Controller(client, {
 *   prefix: "services/",
 *   reconcile: (key, { value }) => {
 *     stop.abort(); // this example ends after one key
 *     if (value?.valueText === "") throw new TerminalError(`${key} has no value, and trying again will not give it one`);
 *   },
 * });
 * await controller.run({ signal: stop.signal });
 */
export class TerminalError extends Error {
  /** Always "TerminalError". */
  override readonly name = "TerminalError";
}
