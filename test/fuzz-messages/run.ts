/**
 * Messages from a seed, of every kind that there can be on a Watch stream: is our decoder equal to the generated one on each, and does a
 * watcher keep its word whatever it is sent? See docs/fuzzing.md.
 *
 *   npm run fuzz:messages -- --seed 1 --minutes 5
 *   npm run fuzz:messages -- --only decoder --seed 17 --rounds 1
 *
 * A round is made of its seed alone, and rounds are numbered on from the first. `--only` is `decoder` or `stream`; without it each round is
 * of both. Ends with 1 at the first difference or broken rule, after telling the least that shows it.
 */
import { parseArgs } from "node:util";
import { decoderRound } from "./decoder-round.ts";
import { flood } from "./flood.ts";
import { MemoryWatch } from "./memory-watch.ts";
import { shrunkMessages, shrunkSequence, type Shrunk } from "./shrunk.ts";
import { streamRound } from "./stream-round.ts";
import { errorText, Tally } from "./tally.ts";
import { UnheardErrors } from "./unheard-errors.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    rounds: { type: "string", default: "1000000000" },
    minutes: { type: "string", default: "1440" },
    only: { type: "string" },
  },
});

function number(name: "seed" | "rounds" | "minutes"): number {
  const given = Number(values[name]);
  if (!Number.isFinite(given) || given < 0) throw new RangeError(`--${name} must be a number from 0 on, got ${values[name]}`);
  return given;
}

const parts = values.only === undefined ? ["decoder", "stream"] : [values.only];
if (!parts.every((part) => ["decoder", "stream"].includes(part)))
  throw new TypeError(`--only must be decoder or stream, got ${parts.join()}`);

const [firstSeed, rounds, deadlineMs] = [number("seed"), number("rounds"), performance.now() + number("minutes") * 60_000];
const tally = new Tally();
const memory = new MemoryWatch();
const isTerminal = process.stdout.isTTY;

function tellFailure(seed: number, part: "decoder" | "stream", found: unknown, { lines, error }: Shrunk): void {
  const few = lines.length === 1 ? "this is" : `these ${lines.length}, one after another, are`;
  console.log(`\nround ${seed}, ${part}: ${errorText(found)}\n\n${few} enough, which end with: ${errorText(error)}`);
  for (const line of lines) console.log(`  ${line}`);
  console.log(`\nonce more: npm run fuzz:messages -- --only ${part} --seed ${seed} --rounds 1`);
}

/** False if something was wrong, which was told. */
async function isRoundGood(seed: number, unheard: UnheardErrors): Promise<boolean> {
  if (parts.includes("decoder")) {
    const failure = decoderRound(seed, (agreement) => {
      tally.agreed(agreement);
    });
    if (failure !== undefined) {
      console.log(`\nmessage ${failure.index} of round ${seed}: ${failure.messages.at(-1)?.toString("hex") ?? ""}`);
      tellFailure(seed, "decoder", failure.difference, await shrunkMessages(failure));
      return false;
    }
  }
  if (parts.includes("stream")) {
    const failure = await streamRound(seed, unheard, (played) => {
      tally.played(played);
    });
    if (failure !== undefined) {
      tellFailure(seed, "stream", failure.error, await shrunkSequence(failure, unheard));
      return false;
    }
  }
  return true;
}

async function isRunGood(): Promise<boolean> {
  using unheard = new UnheardErrors();
  if (parts.includes("stream")) {
    const { sentBytes, heldBytes } = await flood(firstSeed);
    console.log(`a flood of ${sentBytes.toLocaleString("en")} bytes: ${heldBytes.toLocaleString("en")} more are held`);
  }
  let isGood = true;
  for (let seed = firstSeed; isGood && seed < firstSeed + rounds && performance.now() < deadlineMs; seed++) {
    isGood = await isRoundGood(seed, unheard);
    tally.rounds++;
    await memory.look();
    if (isTerminal && tally.rounds % 10 === 0) process.stdout.write(`\r${tally.rounds} rounds, ${tally.line()}`);
  }
  if (isTerminal) process.stdout.write("\n");
  const leak = await memory.end();
  console.log(`rounds ${firstSeed} to ${firstSeed + tally.rounds - 1}\n${tally.text()}\n${memory.text()}`);
  if (leak !== undefined) console.log(leak);
  return isGood && leak === undefined;
}

try {
  if (await isRunGood()) console.log("differences: 0, broken rules: 0");
  else process.exitCode = 1;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
