import { isEtcdError } from "../../src/errors/etcd-error.ts";
import { Dice } from "../fuzz/dice.ts";
import { isolationSteps, playIsolation, type IsolationStep } from "./isolation.ts";
import { makeSteps } from "./make-steps.ts";
import { StreamStage } from "./stream-stage.ts";
import type { Step } from "./stream-step.ts";
import type { UnheardErrors } from "./unheard-errors.ts";

/** Sequences of one seed. */
const SEQUENCES = 8;
const ISOLATIONS = 2;
const STEPS = 60;
const ISOLATION_STEPS = 30;

/** What is played: everything there is on one watcher; or nonsense for one watch of two. */
export type Sequence =
  | { readonly kind: "everything"; readonly seed: number; readonly steps: readonly Step[] }
  | { readonly kind: "isolation"; readonly seed: number; readonly steps: readonly IsolationStep[] };

export interface StreamFailure {
  readonly sequence: Sequence;
  readonly error: unknown;
}

/** What was played without anything wrong. */
export interface Played {
  readonly steps: number;
  readonly messages: number;
  readonly events: number;
  /** How each of its watches ended: quietly, or the error's code. */
  readonly endings: readonly string[];
}

function sequencesOf(seed: number): Sequence[] {
  const dice = new Dice(seed);
  const subSeed = (): number => dice.below(2 ** 31);
  return [
    ...dice.list(SEQUENCES, (): Sequence => {
      const own = subSeed();
      return { kind: "everything", seed: own, steps: makeSteps(new Dice(own), STEPS) };
    }),
    ...dice.list(ISOLATIONS, (): Sequence => {
      const own = subSeed();
      return { kind: "isolation", seed: own, steps: isolationSteps(new Dice(own), ISOLATION_STEPS) };
    }),
  ];
}

/** Plays every sequence of a seed, up to the first in which something is wrong. */
export async function streamRound(
  seed: number,
  unheard: UnheardErrors,
  onPlayed: (played: Played) => void,
): Promise<StreamFailure | undefined> {
  for (const sequence of sequencesOf(seed)) {
    try {
      onPlayed(await play(sequence, unheard));
    } catch (error) {
      return { sequence, error };
    }
  }
  return undefined;
}

/** @throws {BrokenRule}, or whatever else comes out of it */
export async function play(sequence: Sequence, unheard: UnheardErrors): Promise<Played> {
  const steps = sequence.steps.length;
  if (sequence.kind === "isolation") {
    const { events } = await playIsolation(sequence.steps);
    unheard.check();
    return { steps, messages: steps, events, endings: [] };
  }
  const stage = new StreamStage(sequence.seed);
  await stage.run(sequence.steps);
  unheard.check();
  const endings = stage.watches.map(({ ending }) => endingText(ending));
  return { steps, messages: stage.sent, events: stage.events, endings };
}

function endingText(ending: { readonly error: unknown } | "quietly" | undefined): string {
  if (ending === undefined || ending === "quietly") return "quietly";
  return isEtcdError(ending.error) ? ending.error.code : String(ending.error);
}
