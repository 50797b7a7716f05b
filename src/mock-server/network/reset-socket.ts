import type { Socket } from "node:net";

/**
 * Ends a connection with a reset. A socket whose writing was ended already is only destroyed: libuv refuses to reset it while its
 * shutdown is under way, and Node 20 then never gets rid of the handle and spins at exit.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** Turns away a connection that has just been made. */
export function refuseSocket(socket: Socket): void {
  socket.on("error", () => undefined); // the peer may be faster than the reset
  resetSocket(socket);
}
