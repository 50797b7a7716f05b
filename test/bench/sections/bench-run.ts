import type { LoadProcess } from "../load/load-process.ts";
import type { MeasuredProgram } from "../measured/measured-process.ts";

/** What all parts of the benchmark share. */
export interface BenchRun {
  readonly server: LoadProcess;
  /** Undefined where Go or its library is absent. */
  readonly go: MeasuredProgram | undefined;
  readonly rounds: number;
  /** A share of the full load. */
  readonly scale: number;
  readonly progress: (text: string) => void;
}

/** Named figures of several rounds. */
export class Figures {
  readonly #series = new Map<string, number[]>();

  add(name: string, value: number): void {
    const series = this.#series.get(name) ?? [];
    this.#series.set(name, [...series, value]);
  }

  of(name: string): readonly number[] {
    return this.#series.get(name) ?? [];
  }
}
