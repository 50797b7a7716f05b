import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** Both kinds of connection between members, streams and posts, say in their first request who calls. */
const CALLER = /^x-server-from: ([0-9a-f]+)\r$/im;
const END_OF_HEAD = "\r\n\r\n";

interface Link {
  readonly caller: Socket;
  readonly callee: Socket;
  readonly to: string;
  from: string | undefined;
}

/**
 * What lies between the members of a cluster: a TCP proxy before the peer port of each, which knows who calls whom and can cut a member
 * off in both directions.
 */
export class PeerNetwork {
  readonly #servers: Server[] = [];
  readonly #links = new Set<Link>();
  readonly #isolated = new Set<string>();

  /** Opens a port before `peerPort`, and returns it. `idOf` gives the id of the member behind, once it is known. */
  async proxy(peerPort: number, idOf: () => string): Promise<number> {
    const server = createServer((caller) => {
      this.#accept(caller, peerPort, idOf);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }

  /** No message from this member or to it gets through. */
  isolate(id: string): void {
    this.#isolated.add(id);
    for (const link of this.#links) if (this.#isCut(link)) this.#close(link);
  }

  heal(): void {
    this.#isolated.clear();
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const link of this.#links) this.#close(link);
    await Promise.all(closed);
  }

  #accept(caller: Socket, peerPort: number, idOf: () => string): void {
    const link: Link = { caller, callee: connect(peerPort, "127.0.0.1"), to: idOf(), from: undefined };
    this.#links.add(link);
    for (const socket of [link.caller, link.callee]) {
      socket
        .on("error", () => undefined)
        .once("close", () => {
          this.#close(link);
        });
    }
    if (this.#isCut(link)) this.#close(link);
    else this.#readHead(link);
  }

  /** Holds the first request back until it is known who makes it. */
  #readHead(link: Link): void {
    let head = "";
    const onData = (chunk: Buffer): void => {
      head += chunk.toString("latin1");
      if (!head.includes(END_OF_HEAD)) return;
      link.caller.off("data", onData);
      link.from = CALLER.exec(head)?.[1];
      if (this.#isCut(link)) {
        this.#close(link);
        return;
      }
      link.callee.write(Buffer.from(head, "latin1"));
      link.caller.pipe(link.callee);
      link.callee.pipe(link.caller);
    };
    link.caller.on("data", onData);
  }

  #isCut({ from, to }: Link): boolean {
    return this.#isolated.has(to) || (from !== undefined && this.#isolated.has(from));
  }

  #close(link: Link): void {
    this.#links.delete(link);
    link.caller.destroy();
    link.callee.destroy();
  }
}
