/** A fault chosen by hand, one that a client could well have, with the tests that notice it. */
export interface ChosenFault {
  readonly name: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The test files to run. */
  readonly tests: readonly string[];
}
