/** A fault chosen by hand, one that a client could well have, with the tests that notice it. */
export interface ChosenFault {
  /** Who chose it: who wrote the client, or a fresh reader of it. */
  readonly by: "author" | "reader";
  readonly name: string;
  readonly file: string;
  /** Occurs once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The test files to run. */
  readonly tests: readonly string[];
}

/** Several faults of one file, which the same tests are to notice. */
export function inFile(
  file: string,
  tests: readonly string[],
  changes: readonly Pick<ChosenFault, "name" | "find" | "replace">[],
): Omit<ChosenFault, "by">[] {
  return changes.map((change) => ({ ...change, file, tests }));
}
