import { createServer } from "node:net";

/**
 * Below the range from which Linux takes the ports of outgoing connections. Above it, a client that calls a port where nothing listens
 * yet can be given that very port as its own, connect to itself, and keep the server from starting again.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => {
      resolve(false);
    });
    server.listen(port, "127.0.0.1", () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/** A port of the loopback address where nothing listens. Whoever is first to listen there has it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (await isFree(port)) return port;
  }
}
