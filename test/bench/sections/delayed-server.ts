import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { programFile } from "../program-file.ts";

/** The load server behind a proxy that delays, in a process of its own; or the server itself if there is no delay. */
export class DelayedServer {
  readonly endpoint: string;
  readonly #child: ChildProcess | undefined;

  private constructor(endpoint: string, child?: ChildProcess) {
    this.endpoint = endpoint;
    this.#child = child;
  }

  static async start(endpoint: string, delayMs: number): Promise<DelayedServer> {
    if (delayMs === 0) return new DelayedServer(endpoint);
    const child = fork(programFile("../load/delay-proxy", import.meta.url), [endpoint, String(delayMs)]);
    const [proxied] = (await once(child, "message")) as [string];
    return new DelayedServer(proxied, child);
  }

  async stop(): Promise<void> {
    if (this.#child === undefined) return;
    const ended = once(this.#child, "exit");
    this.#child.disconnect();
    await ended;
  }
}
