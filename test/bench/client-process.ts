import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { PutLoad } from "./put-load.ts";

export type ClientOrder =
  /** On one stream: a watch for each of the first keys. */
  | { readonly do: "watch-keys"; readonly count: number }
  /** On one new stream: so many watches, each of all keys. */
  | { readonly do: "watch-all"; readonly count: number }
  /** Puts, and reads until so many events have come. */
  | { readonly do: "put"; readonly load: PutLoad; readonly events: number }
  /** Watches all keys on a connection of its own, and then does not read from the socket. */
  | { readonly do: "stop-reading" }
  | { readonly do: "read-again"; readonly events: number }
  | { readonly do: "leave" };

export interface ClientAnswer {
  readonly puttingMs?: number;
  readonly readingMs?: number;
}

/** The process that plays the clients of the benchmark. */
export class ClientProcess {
  readonly #child: ChildProcess;

  constructor(endpoint: string) {
    this.#child = fork(fileURLToPath(new URL("bench-client.ts", import.meta.url)), [endpoint]);
  }

  /** Resolves when it is done. */
  async tell(order: ClientOrder): Promise<ClientAnswer> {
    const ended = once(this.#child, "exit").then(([code]) => {
      throw new Error(`The client ended with ${String(code)}`);
    });
    const answered = once(this.#child, "message").then(([answer]) => answer as ClientAnswer);
    this.#child.send(order);
    return Promise.race([answered, ended]);
  }

  async leave(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.send({ do: "leave" } satisfies ClientOrder);
    await ended;
  }
}
