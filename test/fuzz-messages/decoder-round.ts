import { decodeWatchMessage } from "../../src/codec/watch-message.ts";
import { Dice } from "../fuzz/dice.ts";
import { damaged, noise, swept } from "./damage-message.ts";
import { type Agreement, checkMessage, MessageDifference } from "./decoder-check.ts";
import { makeMessage } from "./make-message.ts";

const BASES = 20;
const DAMAGES = 5;
const NOISES = 10;
/** A sweep is as long as its message. */
const LONGEST_SWEPT = 400;

export interface DecoderFailure {
  readonly seed: number;
  /** Which message of the round. */
  readonly index: number;
  /** The decoder remembers the ids of the last header, so that the ones before it may matter. */
  readonly messages: readonly Buffer[];
  readonly difference: MessageDifference;
}

/** All messages of a seed, in order. */
function* messagesOf(seed: number): Generator<Buffer> {
  const dice = new Dice(seed);
  let other: Buffer = Buffer.alloc(0);
  for (let count = 0; count < BASES; count++) {
    const base = makeMessage(dice);
    yield base;
    if (dice.chance(20)) yield base; // as a server repeats itself
    let worse: Buffer = base;
    for (let damage = 0; damage < DAMAGES; damage++) {
      worse = damaged(dice, dice.chance(60) ? base : worse, other);
      yield worse;
    }
    if (count === 0 && base.length <= LONGEST_SWEPT) yield* swept(dice, base);
    other = base;
  }
  for (let count = 0; count < NOISES; count++) yield noise(dice);
}

/** Checks every message of a seed, up to the first on which somebody disagrees. */
export function decoderRound(seed: number, onAgreement: (agreement: Agreement) => void): DecoderFailure | undefined {
  const messages: Buffer[] = [];
  forgetHeader();
  for (const bytes of messagesOf(seed)) {
    messages.push(bytes);
    const index = messages.length - 1;
    try {
      onAgreement(checkMessage(bytes, diceFor(seed)));
    } catch (error) {
      if (!(error instanceof MessageDifference)) throw error;
      return { seed, index, messages, difference: error };
    }
  }
  return undefined;
}

/** The first difference among these messages, read one after another. */
export function firstDifference(seed: number, messages: readonly Buffer[]): MessageDifference | undefined {
  forgetHeader();
  for (const bytes of messages) {
    try {
      checkMessage(bytes, diceFor(seed));
    } catch (error) {
      if (error instanceof MessageDifference) return error;
      throw error;
    }
  }
  return undefined;
}

/** The same for each message of a round, so that a message by itself is checked as it was among others. */
function diceFor(seed: number): Dice {
  return new Dice(seed ^ 0x5eed);
}

/** A round begins with another header than any round has, so that it goes as it would by itself. */
function forgetHeader(): void {
  decodeWatchMessage(Buffer.from("0a0408631063", "hex"));
}
