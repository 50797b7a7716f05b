/** Counts checks, and says of each what was seen. A check that throws has failed; the others go on. */
export class Checks {
  #passed = 0;
  #failed = 0;

  get hasFailed(): boolean {
    return this.#failed > 0;
  }

  /** Runs one check; what it returns is printed beside its name. Returns whether it passed. */
  async check(name: string, run: () => Promise<string> | string): Promise<boolean> {
    const startedMs = performance.now();
    const took = (): string => `${((performance.now() - startedMs) / 1_000).toFixed(1)} s`;
    try {
      const seen = await run();
      this.#passed++;
      console.log(`  ✔ ${name} (${took()})${seen === "" ? "" : `: ${seen}`}`);
      return true;
    } catch (error) {
      this.#failed++;
      const message = error instanceof Error ? error.message : String(error);
      console.log(`  ✘ ${name} (${took()}): ${message.replaceAll("\n", "\n      ")}`);
      return false;
    }
  }

  /** The last line of a run. Sets the exit code. */
  end(): void {
    if (this.#failed > 0 || this.#passed === 0) process.exitCode = 1;
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
  }
}
