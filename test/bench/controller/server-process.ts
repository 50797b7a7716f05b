import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { programFile } from "../program-file.ts";

/** Write so many keys, each once. */
export interface ServerOrder {
  readonly keys: number;
  /** What tells these writes from others. */
  readonly round: number;
}

export interface ServerAnswer {
  readonly endpoint: string;
}

/** The server's process, as the program that measures sees it. */
export class ServerProcess {
  readonly endpoint: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, endpoint: string) {
    this.#child = child;
    this.endpoint = endpoint;
  }

  static async start(): Promise<ServerProcess> {
    const child = fork(programFile("run-server", import.meta.url), { execArgv: [] });
    const [{ endpoint }] = (await once(child, "message")) as [ServerAnswer];
    return new ServerProcess(child, endpoint);
  }

  /** Resolves when all is written. */
  async write(order: ServerOrder): Promise<void> {
    const done = once(this.#child, "message");
    this.#child.send(order);
    await done;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}
