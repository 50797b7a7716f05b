import type { Dice } from "../fuzz/dice.ts";
import { rest } from "./rest.ts";

/** Something that breaks, and is whole again when its promise resolves. */
export interface Fault {
  readonly name: string;
  /** How often it is chosen, beside the others. */
  readonly weight: number;
  /** Resolves with false if there was nothing to break. Ends early when the signal is aborted, but not broken. */
  strike(dice: Dice, signal: AbortSignal): Promise<boolean>;
}

export interface FaultTrackOptions {
  readonly faults: readonly Fault[];
  readonly dice: Dice;
  /** The longest rest between two faults, in ms. */
  readonly restMs: number;
  readonly signal: AbortSignal;
  readonly onStruck: (name: string) => void;
}

/** One fault after another, until the signal is aborted. Several tracks make faults that overlap. */
export async function runFaultTrack({ faults, dice, restMs, signal, onStruck }: FaultTrackOptions): Promise<void> {
  for (;;) {
    await rest(dice.below(restMs + 1), signal);
    if (signal.aborted) return;
    const fault = dice.weighted(faults.map((each) => [each.weight, each] as const));
    if (await fault.strike(dice, signal)) onStruck(fault.name);
  }
}
