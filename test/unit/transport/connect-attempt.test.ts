import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConnectAttempt } from "../../../src/transport/connect-attempt.ts";

describe("an attempt to connect", () => {
  let server: Server;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    server = createServer((socket) => socket.on("error", () => undefined));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server.close();
  });

  const dial = (): Socket => {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => undefined);
    sockets.push(socket);
    return socket;
  };

  it("closes the sockets that it has led to, those that come later too, and no other's", async () => {
    const [one, other] = [new ConnectAttempt(), new ConnectAttempt()];
    const mine = one.run(dial);
    const later = one.run(
      () =>
        new Promise<Socket>((resolve) => {
          setTimeout(() => {
            resolve(dial());
          }, 20);
        }),
    );
    const [theirs, nobodys] = [other.run(dial), dial()];
    one.abandon();
    expect(mine.destroyed).toBe(true);
    const late = await later;
    await expect.poll(() => late.destroyed).toBe(true);
    expect([theirs.destroyed, nobodys.destroyed]).toEqual([false, false]);
    other.abandon();
    expect(theirs.destroyed).toBe(true);
  });

  it("that has come to its end does not end the following of another, whose socket comes later", async () => {
    const [first, second] = [new ConnectAttempt(), new ConnectAttempt()];
    first.run(() => undefined);
    const dialled = second.run(
      () =>
        new Promise<ReturnType<typeof dial>>((resolve) =>
          setImmediate(() => {
            resolve(dial());
          }),
        ),
    );
    first.end();
    first.end();
    const socket = await dialled;
    second.abandon();
    expect(socket.destroyed).toBe(true);
  });

  it("is followed anew after all others have ended", () => {
    const first = new ConnectAttempt();
    first.run(dial);
    first.end();
    const second = new ConnectAttempt();
    const socket = second.run(dial);
    second.abandon();
    expect(socket.destroyed).toBe(true);
  });
});
