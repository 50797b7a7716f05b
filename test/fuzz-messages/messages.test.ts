import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Agreement } from "./decoder-check.ts";
import { decoderRound } from "./decoder-round.ts";
import { flood } from "./flood.ts";
import { type Played, streamRound } from "./stream-round.ts";
import { errorText } from "./tally.ts";
import { UnheardErrors } from "./unheard-errors.ts";

/** A short piece of what `npm run fuzz:messages` does: always the same one. */
const FIRST_SEED = 1;
const DECODER_ROUNDS = 12;
const STREAM_ROUNDS = 16;

describe("whatever message comes", () => {
  it("the decoder says what the generated codec says, google-protobuf agrees, and no getter ever throws", () => {
    const agreements: Agreement[] = [];
    for (let seed = FIRST_SEED; seed < FIRST_SEED + DECODER_ROUNDS; seed++) {
      const failure = decoderRound(seed, (agreement) => agreements.push(agreement));
      expect(
        failure === undefined ? "no difference" : `${errorText(failure.difference)}: ${failure.messages.at(-1)?.toString("hex") ?? ""}`,
        `npm run fuzz:messages -- --only decoder --seed ${seed} --rounds 1`,
      ).toBe("no difference");
    }
    // Not all of them were refused, nor all accepted; and some were quite ordinary.
    const count = (of: (agreement: Agreement) => boolean): number => agreements.filter(of).length;
    expect(agreements.length).toBeGreaterThan(2_000);
    expect(count(({ isAccepted }) => isAccepted)).toBeGreaterThan(agreements.length / 5);
    expect(count(({ isAccepted }) => !isAccepted)).toBeGreaterThan(agreements.length / 5);
    expect(count(({ oddities }) => oddities.size === 0)).toBeGreaterThan(agreements.length / 10);
    expect(count(({ witness }) => witness === "agrees")).toBeGreaterThan(agreements.length / 2);
  });

  describe("a watcher", () => {
    let unheard: UnheardErrors;
    beforeAll(() => {
      unheard = new UnheardErrors();
    });
    afterAll(() => {
      unheard[Symbol.dispose]();
    });

    it("keeps its guarantees, ends each watch once, and closes", async () => {
      const all: Played[] = [];
      for (let seed = FIRST_SEED; seed < FIRST_SEED + STREAM_ROUNDS; seed++) {
        const failure = await streamRound(seed, unheard, (played) => all.push(played));
        expect(
          failure === undefined ? "nothing" : errorText(failure.error),
          `npm run fuzz:messages -- --only stream --seed ${seed} --rounds 1`,
        ).toBe("nothing");
      }
      // The watches came far enough to be given something, and ended in many ways.
      expect(all.reduce((sum, { events }) => sum + events, 0)).toBeGreaterThan(500);
      expect(new Set(all.flatMap(({ endings }) => endings)).size).toBeGreaterThan(4);
    });

    it("holds no more than it may, however much is sent that nobody takes", async () => {
      const { sentBytes } = await flood(FIRST_SEED);
      expect(sentBytes).toBeGreaterThan(10_000_000);
    });
  });
});
