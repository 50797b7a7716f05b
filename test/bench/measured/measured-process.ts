import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { programFile } from "../program-file.ts";
import type { Order } from "./orders.ts";

export interface MeasuredProgram {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** The Node program with one of its clients. */
export function nodeProgram(name: string, nodeOptions: readonly string[] = []): MeasuredProgram {
  const file = programFile("run-measured", import.meta.url);
  const args = ["--expose-gc", ...nodeOptions, file, name];
  return { name, command: process.execPath, args };
}

/** A measured program as the one that orders it about sees it. */
export class MeasuredProcess {
  readonly name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #interface: Interface;

  constructor({ name, command, args }: MeasuredProgram) {
    this.name = name;
    this.#child = spawn(command, args);
    this.#child.stderr.pipe(process.stderr);
    this.#child.stdin.on("error", () => undefined); // it has ended: the answer that does not come says so
    this.#interface = createInterface({ input: this.#child.stdout });
    this.#lines = this.#interface[Symbol.asyncIterator]();
  }

  /** The answer. The caller knows which belongs to its order. */
  async tell<Answer>(order: Order): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`${this.name} ended without an answer to ${order.do}`);
    return JSON.parse(line.value) as Answer;
  }

  /** Ends it at once, whatever it does. */
  async end(): Promise<void> {
    const ended = this.#child.exitCode === null && this.#child.signalCode === null ? once(this.#child, "exit") : undefined;
    this.#child.kill("SIGKILL");
    await ended;
    this.#interface.close();
  }
}
