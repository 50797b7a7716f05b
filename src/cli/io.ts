import type { Readable, Writable } from "node:stream";

/** What a command line is run with: that of the process, or a test's own. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: NodeJS.ProcessEnv;
  /** Aborting it ends the command. The reason may be the name of a signal: `controller.abort("SIGTERM")`. */
  readonly signal?: AbortSignal;
}

/** A stream that a command writes to. */
export class Output {
  readonly stream: Writable;

  constructor(stream: Writable) {
    this.stream = stream;
  }

  /** Resolves once it is on its way, so that a slow reader of ours makes a slow reader of us; rejects if nobody reads any more. */
  write(chunk: string | Uint8Array): Promise<void> {
    if (chunk.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.stream.write(chunk, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  line(text: string): Promise<void> {
    return this.write(`${text}\n`);
  }

  /** Whether a person looks at it. */
  get isTerminal(): boolean {
    return "isTTY" in this.stream && this.stream.isTTY === true;
  }

  /** What a child process can be given to write to the same place, if it is one. */
  get descriptor(): number | undefined {
    return "fd" in this.stream && typeof this.stream.fd === "number" ? this.stream.fd : undefined;
  }
}

/** Whether colours may be used on it: https://no-color.org */
export function mayColour(output: Output, env: NodeJS.ProcessEnv): boolean {
  return output.isTerminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
}
