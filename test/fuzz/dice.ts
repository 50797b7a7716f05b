import { seededRandom } from "../../src/mock-server/seeded-random.ts";

/** Choices that are the same ones for the same seed. */
export class Dice {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** An integer from 0 up to but without `end`. */
  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  /** An integer from `first` to `last`, both included. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  /** True in `percent` of a hundred throws. */
  chance(percent: number): boolean {
    return this.#random() * 100 < percent;
  }

  of<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new Error("there is nothing to choose from");
    return choice;
  }

  /** One of the choices, each as often as its weight says. */
  weighted<T>(choices: readonly (readonly [weight: number, choice: T])[]): T {
    let left = this.#random() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, choice] of choices) {
      left -= weight;
      if (left < 0) return choice;
    }
    return this.of(choices)[1];
  }

  list<T>(length: number, make: () => T): T[] {
    return Array.from({ length }, make);
  }
}
