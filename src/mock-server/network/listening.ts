import type { Server } from "node:net";

export interface Address {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** Resolves to the port once it is open; rejects if it cannot be had. */
export function listening(server: Server, address: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, () => {
      server.off("error", reject);
      const bound = server.address();
      if (bound === null || typeof bound === "string") reject(new Error(`Expected a TCP address, got ${String(bound)}`));
      else resolve(bound.port);
    });
  });
}

/** Takes no new connection any more, and resolves when those that stand are gone. Also if it was closed before. */
export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
