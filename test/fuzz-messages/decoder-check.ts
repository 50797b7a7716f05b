import { ownCopy } from "../../src/cache/own-copy.ts";
import { decodeWatchMessage, type WatchMessage } from "../../src/codec/watch-message.ts";
import { ProtocolError } from "../../src/errors/etcd-error.ts";
import type { Dice } from "../fuzz/dice.ts";
import { responseWitness } from "../support/protobuf-witness.ts";
import { type Answer, answersOf, answersTo, keyValueQuestions, type Question, questionsOf } from "../support/watch-message-answers.ts";
import { allowedDifferences } from "./allowed-differences.ts";
import { odditiesOf, type Oddity } from "./wire-oddities.ts";

type Answers = ReadonlyMap<string, Answer>;

/** What became of a message on which everybody agrees, or differs in a way that is written down. */
export interface Agreement {
  readonly isAccepted: boolean;
  readonly events: number;
  readonly oddities: ReadonlySet<Oddity>;
  /** Whether google-protobuf says the same. */
  readonly witness: "agrees" | "differs as allowed";
}

/** Two readers do not agree on a message, or ours breaks a promise. The message says how. */
export class MessageDifference extends Error {}

const MOST_MARGIN_BYTES = 40;

/**
 * Decodes the bytes as a part of a larger buffer, as they come from a socket, and compares what all readers say.
 * @throws {MessageDifference}
 */
export function checkMessage(bytes: Buffer, dice: Dice): Agreement {
  const expected = attempt(() => answersOf(bytes));
  const room = Buffer.alloc(bytes.length + 2 * MOST_MARGIN_BYTES, 0xff);
  const start = dice.below(2 * MOST_MARGIN_BYTES);
  bytes.copy(room, start);
  const received = room.subarray(start, start + bytes.length);
  const message = decoded(received);
  if (message === undefined && expected !== undefined) throw new MessageDifference("ours refuses what the generated codec takes");
  if (message !== undefined && expected === undefined) throw new MessageDifference("ours takes what the generated codec refuses");
  if (!received.equals(bytes)) throw new MessageDifference("ours has changed the bytes that it read");
  if (message !== undefined && expected !== undefined) checkReading(message, expected, { room, received, dice });
  const oddities = odditiesOf(bytes);
  const witness = checkWitness(bytes, expected, oddities);
  return { isAccepted: expected !== undefined, events: message?.events.length ?? 0, oddities, witness };
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Undefined if the bytes are refused, in the one way that is promised. */
function decoded(bytes: Buffer): WatchMessage | undefined {
  try {
    return decodeWatchMessage(bytes);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw new MessageDifference("ours throws something else than a ProtocolError", { cause: error });
    if (error.code !== "PROTOCOL" || !(error.cause instanceof Error) || !error.message.includes(`of ${bytes.length} bytes`))
      throw new MessageDifference("ours throws a ProtocolError without its code, its cause or the length", { cause: error });
    return undefined;
  }
}

/** Everything is asked twice, in random orders, with other bytes around the message; and copies outlive the message. */
function checkReading(
  message: WatchMessage,
  expected: Answers,
  { room, received, dice }: { readonly room: Buffer; readonly received: Buffer; readonly dice: Dice },
): void {
  const questions = questionsOf(message);
  const paths = new Set(questions.map(({ path }) => path));
  const lonely = [...expected.keys()].find((path) => !paths.has(path)) ?? [...paths].find((path) => !expected.has(path));
  if (lonely !== undefined) throw new MessageDifference(`${paths.has(lonely) ? "ours" : "the generated codec"} alone has ${lonely}`);
  const own = Buffer.from(received);
  const spoilNeighbours = (): void => {
    room.fill(dice.below(256));
    own.copy(received);
  };
  if (dice.chance(50)) spoilNeighbours();
  compare(shuffled(questions, dice), expected, "ours");
  const copies = message.events.flatMap(({ kv, prevKv }, index) => [
    ...keyValueQuestions(`events.${index}.kv`, kv.copy()),
    ...keyValueQuestions(`events.${index}.kv`, ownCopy(kv)),
    ...(prevKv === undefined ? [] : keyValueQuestions(`events.${index}.prevKv`, prevKv.copy())),
  ]);
  spoilNeighbours();
  compare(shuffled(questions, dice), expected, "ours, asked again with other bytes around the message,");
  room.fill(dice.below(256));
  compare(shuffled(copies, dice), expected, "a copy, after the message was overwritten,");
}

function compare(questions: readonly Question[], expected: Answers, who: string): void {
  for (const { path, ask } of questions) {
    let answer: Answer;
    try {
      answer = ask();
    } catch (error) {
      throw new MessageDifference(`${who} throws when asked for ${path}`, { cause: error });
    }
    if (answer !== expected.get(path))
      throw new MessageDifference(`${who} has ${path} ${text(answer)}, the generated codec ${text(expected.get(path))}`);
  }
}

/** google-protobuf reads the bytes as protobuf's rules are: unknown fields are skipped, and so are known ones of a wrong wire type. */
function checkWitness(bytes: Buffer, expected: Answers | undefined, oddities: ReadonlySet<Oddity>): Agreement["witness"] {
  const witnessed = attempt(() => answersTo(responseWitness.read(bytes, "skip"), bytes.length));
  const difference = witnessDifference(witnessed, expected);
  if (difference === undefined) return "agrees";
  if (allowedDifferences.some(({ oddity, what }) => oddities.has(oddity) && what.includes(difference.what))) return "differs as allowed";
  throw new MessageDifference(`${difference.text}, though there is ${[...oddities].join(", ") || "nothing odd"} in it`);
}

function witnessDifference(
  witnessed: Answers | undefined,
  expected: Answers | undefined,
): { readonly what: "refused" | "accepted" | "values"; readonly text: string } | undefined {
  if (witnessed === undefined && expected === undefined) return undefined;
  if (witnessed === undefined) return { what: "refused", text: "google-protobuf refuses what the generated codec takes" };
  if (expected === undefined) return { what: "accepted", text: "google-protobuf takes what the generated codec refuses" };
  const path = [...new Set([...witnessed.keys(), ...expected.keys()])].find((each) => witnessed.get(each) !== expected.get(each));
  if (path === undefined) return undefined;
  return {
    what: "values",
    text: `google-protobuf has ${path} ${text(witnessed.get(path))}, the generated codec ${text(expected.get(path))}`,
  };
}

function shuffled<Item>(items: readonly Item[], dice: Dice): Item[] {
  const copy = [...items];
  for (let index = copy.length - 1; index > 0; index--) {
    const other = dice.below(index + 1);
    const [one, two] = [copy[index], copy[other]];
    if (one !== undefined && two !== undefined) [copy[index], copy[other]] = [two, one];
  }
  return copy;
}

function text(answer: Answer): string {
  return typeof answer === "string" ? JSON.stringify(answer) : String(answer);
}
