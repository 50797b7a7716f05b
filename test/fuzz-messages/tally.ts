import { inspect } from "node:util";
import type { Agreement } from "./decoder-check.ts";
import type { Played } from "./stream-round.ts";

const counted = (count: number): string => count.toLocaleString("en");

/** An error in one line, with what it came from. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error);
  return error.cause === undefined ? error.message : `${error.message} (${errorText(error.cause)})`;
}

/** What was done, for people. */
export class Tally {
  rounds = 0;
  readonly #decoder = { messages: 0, accepted: 0, plain: 0, events: 0, witnessed: 0, allowed: 0 };
  readonly #oddities = new Map<string, number>();
  readonly #stream = { sequences: 0, steps: 0, messages: 0, events: 0 };
  readonly #endings = new Map<string, number>();

  agreed({ isAccepted, events, oddities, witness }: Agreement): void {
    const decoder = this.#decoder;
    decoder.messages++;
    if (isAccepted) decoder.accepted++;
    if (oddities.size === 0) decoder.plain++;
    decoder.events += events;
    if (witness === "agrees") decoder.witnessed++;
    else decoder.allowed++;
    for (const oddity of oddities) this.#oddities.set(oddity, (this.#oddities.get(oddity) ?? 0) + 1);
  }

  played({ steps, messages, events, endings }: Played): void {
    const stream = this.#stream;
    stream.sequences++;
    stream.steps += steps;
    stream.messages += messages;
    stream.events += events;
    for (const ending of endings) this.#endings.set(ending, (this.#endings.get(ending) ?? 0) + 1);
  }

  line(): string {
    return `${counted(this.#decoder.messages)} messages, ${counted(this.#stream.sequences)} sequences`;
  }

  text(): string {
    const { messages, accepted, plain, events, witnessed, allowed } = this.#decoder;
    const stream = this.#stream;
    const lines: string[] = [];
    if (messages > 0)
      lines.push(
        `decoder: ${counted(messages)} messages, ${counted(accepted)} accepted with ${counted(events)} events, ${counted(messages - accepted)} refused`,
        `google-protobuf says the same of ${counted(witnessed)}, and differs as allowed on ${counted(allowed)}`,
        `nothing odd in ${counted(plain)}; else: ${listed(this.#oddities)}`,
      );
    if (stream.sequences > 0)
      lines.push(
        `stream: ${counted(stream.sequences)} sequences of ${counted(stream.steps)} steps, ${counted(stream.messages)} bad messages, ${counted(stream.events)} events delivered`,
        `watches ended: ${listed(this.#endings)}`,
      );
    return lines.join("\n");
  }
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${name} ${counted(count)}`)
    .join(", ");
}
