import { type ChildProcess, fork } from "node:child_process";
import { on, once } from "node:events";
import { programFile } from "../program-file.ts";

export type LoadOrder =
  /** Tells when so many creates have been answered, from the first of them on. */
  | { readonly do: "count-creates"; readonly count: number }
  /** Cuts all connections, and tells when so many creates have been answered since. */
  | { readonly do: "cut"; readonly count: number }
  /** One event to each idle watch. */
  | { readonly do: "put" };

export type LoadAnswer = { readonly said: "listening"; readonly port: number } | { readonly said: "created"; readonly ms: number };

/** The load server, as the program that orders it about sees it. */
export class LoadProcess {
  readonly endpoint: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.endpoint = `127.0.0.1:${port}`;
  }

  static async start(): Promise<LoadProcess> {
    const child = fork(programFile("load-server", import.meta.url));
    const [answer] = (await once(child, "message")) as [LoadAnswer];
    if (answer.said !== "listening") throw new Error("The load server did not begin by listening");
    child.once("exit", (code) => {
      if (code === 0) return; // it was told to
      console.error(`The load server ended with ${String(code)}: nothing can be measured`);
      process.exit(1);
    });
    return new LoadProcess(child, answer.port);
  }

  /** Resolves with the ms that so many creates took, once they are answered; `begun` is called when the server counts. */
  async creates(order: "count-creates" | "cut", count: number, signal: AbortSignal): Promise<number> {
    const answers = on(this.#child, "message", { signal });
    this.#child.send({ do: order, count } satisfies LoadOrder);
    for await (const [answer] of answers as AsyncIterable<[LoadAnswer]>) if (answer.said === "created") return answer.ms;
    throw new Error("The load server has ended");
  }

  put(): void {
    this.#child.send({ do: "put" } satisfies LoadOrder);
  }

  stop(): void {
    this.#child.disconnect();
  }
}
