import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const PROGRAM = `
  const server = require("node:net").createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    process.stdout.write(String(server.address().port), () => process.kill(process.pid, "SIGSTOP"));
  });
`;

/**
 * A port whose packets are as good as dropped: a stopped process with a full backlog, so that the kernel answers no further SYN. A
 * connection to it is neither made nor refused.
 */
export class DeafServer implements AsyncDisposable {
  readonly endpoint: string;
  readonly #child: ReturnType<typeof spawn>;
  readonly #fill: readonly Socket[];

  private constructor(child: ReturnType<typeof spawn>, port: number, fill: readonly Socket[]) {
    this.#child = child;
    this.endpoint = `127.0.0.1:${String(port)}`;
    this.#fill = fill;
  }

  static async start(): Promise<DeafServer> {
    const child = spawn(process.execPath, ["-e", PROGRAM], { stdio: ["ignore", "pipe", "inherit"] });
    const [port] = (await once(child.stdout, "data")) as [Buffer];
    const fill: Socket[] = [];
    // As many as the backlog takes, until one is left without an answer.
    for (let unanswered = 0; unanswered < 2;) {
      const socket = connect(Number(port.toString()), "127.0.0.1").on("error", () => undefined);
      fill.push(socket);
      const answered = await Promise.race([once(socket, "connect").then(() => true), delay(100, false)]);
      if (!answered) unanswered++;
    }
    return new DeafServer(child, Number(port.toString()), fill);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#fill) socket.destroy();
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }
}
