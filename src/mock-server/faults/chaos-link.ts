import { resetSocket } from "../network/reset-socket.ts";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { ChaosLane } from "./chaos-lane.ts";
import type { Allowance } from "./chaos-lane.ts";
import type { LinkConditions } from "./link-conditions.ts";

export interface ChaosLinkOptions {
  readonly client: Socket;
  readonly target: { readonly host: string; readonly port: number };
  readonly conditions: LinkConditions;
  readonly allowanceToClient: Allowance;
  readonly onCut: () => void;
  readonly onClose: () => void;
}

/** One client's connection, and the one to the server that stands behind it. */
export class ChaosLink {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #lanes: readonly ChaosLane[];

  constructor({ client, target, conditions, allowanceToClient, onCut, onClose }: ChaosLinkOptions) {
    const server = connect({ ...target, allowHalfOpen: true, noDelay: true });
    client.setNoDelay(true);
    this.#client = client;
    this.#server = server;
    this.#lanes = [
      new ChaosLane({ from: client, to: server, conditions, allowance: { bytes: Infinity }, onCut: () => undefined }),
      new ChaosLane({ from: server, to: client, conditions, allowance: allowanceToClient, onCut }),
    ];
    client.once("close", () => {
      server.destroy();
      this.#close();
      onClose();
    });
  }

  /** Lets the lanes look at the conditions again. */
  refresh(): void {
    for (const lane of this.#lanes) lane.pump();
  }

  /** Both peers see a reset. */
  cut(): void {
    this.#close();
    resetSocket(this.#server);
    resetSocket(this.#client);
  }

  /** As `cut`, but what was written reaches the client first. */
  cutAfterWriting(): void {
    this.#close();
    resetSocket(this.#server);
    this.#client.destroySoon();
  }

  /** The server sees a reset. The client sees nothing, and what it sends is swallowed. */
  abandonServer(): void {
    this.#close();
    resetSocket(this.#server);
    this.#client.resume();
    this.#client.once("end", () => {
      this.#client.destroy();
    });
  }

  get bytesToClient(): number {
    return this.#client.bytesWritten;
  }

  #close(): void {
    for (const lane of this.#lanes) lane.close();
  }
}
