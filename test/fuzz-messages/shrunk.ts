import { inspect } from "node:util";
import { shrink } from "../fuzz/shrink.ts";
import { firstDifference, type DecoderFailure } from "./decoder-round.ts";
import { play, type Sequence, type StreamFailure } from "./stream-round.ts";
import type { UnheardErrors } from "./unheard-errors.ts";

/** What is left of a failure, for people: as little as shows it, and how it fails then. */
export interface Shrunk {
  /** Messages in hex, or steps. */
  readonly lines: readonly string[];
  readonly error: unknown;
}

/** The message by itself if that is enough, or as few as needed of those before it; then as few of its bytes as needed. */
export async function shrunkMessages({ seed, messages, difference }: DecoderFailure): Promise<Shrunk> {
  let error: unknown = difference;
  const fails = (fewer: readonly Buffer[]): Promise<boolean> => {
    const found = firstDifference(seed, fewer);
    error = found ?? error;
    return Promise.resolve(found !== undefined);
  };
  const last = messages.slice(-1);
  const few = (await fails(last)) ? last : await shrink(messages, fails);
  const before = few.slice(0, -1);
  const bytes = await shrink([...(few.at(-1) ?? [])], (left) => fails([...before, Buffer.from(left)]));
  return { lines: [...before, Buffer.from(bytes)].map((each) => each.toString("hex")), error };
}

export async function shrunkSequence({ sequence, error }: StreamFailure, unheard: UnheardErrors): Promise<Shrunk> {
  let last = error;
  const failsWith = async (fewer: Sequence): Promise<boolean> => {
    try {
      await play(fewer, unheard);
      return false;
    } catch (found) {
      last = found;
      return true;
    }
  };
  const steps =
    sequence.kind === "everything"
      ? await shrink(sequence.steps, (steps) => failsWith({ ...sequence, steps }))
      : await shrink(sequence.steps, (steps) => failsWith({ ...sequence, steps }));
  return { lines: steps.map((step) => inspect(step, { depth: 6, breakLength: Infinity })), error: last };
}
