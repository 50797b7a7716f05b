import { describe, expect, it } from "vitest";
import { AuthenticateResponse } from "../../../src/gen/rpc.ts";
import { AuthTransport } from "../../../src/transport/auth-transport.ts";
import type { UnaryCallOptions } from "../../../src/transport/transport.ts";
import { watcherHost } from "../../../src/watch/watcher-host.ts";
import { Watcher } from "../../../src/watch/watcher.ts";
import type { InMemoryConnection } from "../../support/in-memory-connection.ts";
import { InMemoryTransport } from "../../support/in-memory-transport.ts";
import { observe } from "../../support/observe.ts";
import { settle, watcherHarness } from "../../support/watcher-harness.ts";
import { put } from "../../support/watch-messages.ts";

const INVALID_TOKEN = "rpc error: code = Unauthenticated desc = etcdserver: invalid auth token";
const OLD_REVISION = "rpc error: code = InvalidArgument desc = etcdserver: revision of auth store is old";
const USER_EMPTY = "rpc error: code = InvalidArgument desc = etcdserver: user name is empty";

/** Gives the tokens "token 1", "token 2" ... */
class TokenServer extends InMemoryTransport {
  logins = 0;

  override unary(path: string, request: Uint8Array, options: UnaryCallOptions): Promise<Buffer> {
    if (!path.endsWith("/Authenticate")) return super.unary(path, request, options);
    return Promise.resolve(Buffer.from(AuthenticateResponse.encode({ header: undefined, token: `token ${++this.logins}` }).finish()));
  }
}

/** A watcher with a user and a password, whose delays are all 100 ms but the first. */
function stage() {
  const { host: plain, clock } = watcherHarness();
  const server = new TokenServer();
  const backoff = { baseMs: 100, maxMs: 100, random: () => 0.999 };
  const transport = new AuthTransport(server, { auth: { username: "u", password: "p" }, requestTimeoutMs: 5_000, backoff, clock });
  const watcher = new Watcher({ [watcherHost]: { ...plain, transport, backoff } });
  return { server, clock, watcher };
}

const refuse = (connection: InMemoryConnection | undefined, cancelReason: string, watchId = -1n): void => {
  connection?.send({ created: true, canceled: true, watchId, cancelReason });
};

describe("a create that is refused for its token", () => {
  it("[155] opens a stream anew with another token, at once and then with delays", async () => {
    for (const reason of [OLD_REVISION, USER_EMPTY]) {
      const { server, clock, watcher } = stage();
      const watch = watcher.watch("k", { startRevision: 5n });
      await settle();
      for (let round = 0; round < 6; round++) {
        const connection = server.connections[round];
        expect(connection?.metadata).toMatchObject({ token: `token ${round + 1}` });
        expect(connection?.creates).toMatchObject([{ startRevision: 5n }]);
        refuse(connection, reason);
        await settle();
        clock.advance(0);
        await settle();
        expect(server.connections).toHaveLength(round === 0 ? 2 : round + 1);
        clock.advance(100);
        await settle();
        expect(server.connections).toHaveLength(round + 2);
      }
      server.connections[6]?.send({ created: true, watchId: 0n, revision: 9n });
      expect((await watch.created).revision).toBe(9n);
      await watcher.close();
    }
  });

  it("ends when tokens are unknown that were fetched just now, after three of them", async () => {
    const { server, clock, watcher } = stage();
    const seen = observe(watcher.watch("k"));
    await settle();
    for (let round = 0; round < 3; round++) {
      refuse(server.connections[round], INVALID_TOKEN);
      await settle();
      clock.advance(100);
      await settle();
    }
    expect(await seen.ended).toMatchObject({ name: "RpcError", code: "UNAUTHENTICATED" });
    expect(server.connections).toHaveLength(3);
    await watcher.close();
  });

  it("[150] leaves the siblings alone, also one with the id 0 that an old server refuses with", async () => {
    const { server, clock, watcher } = stage();
    const first = watcher.watch("first");
    const seen = observe(first);
    await settle();
    server.connections[0]?.send({ created: true, watchId: 0n, revision: 3n });
    clock.advance(5_000);
    const others = ["second", "third"].map((key) => watcher.watch(key));
    await settle();
    refuse(server.connections[0], INVALID_TOKEN, 0n);
    await settle();
    // Both go, as the third would only be refused as well.
    const fresh = server.connections[1];
    expect(fresh?.metadata).toMatchObject({ token: "token 2" });
    fresh?.send({ created: true, watchId: 0n, revision: 4n });
    fresh?.send({ created: true, watchId: 1n, revision: 4n });
    await Promise.all(others.map(({ created }) => created));
    server.connections[0]?.send({ watchId: 0n, events: [put("first", 5n)] });
    expect((await seen.waitForEvents(1)).map(({ kv }) => kv.modRevision)).toEqual([5n]);
    expect(server.connections.map(({ state }) => state)).toEqual(["open", "open"]);
    expect(server.connections[0]?.creates).toHaveLength(2);

    // The old stream breaks: its watch joins the others, from where it was.
    server.connections[0]?.end();
    await settle();
    expect(server.connections).toHaveLength(2);
    expect(fresh?.creates.at(-1)).toMatchObject({ key: Buffer.from("first"), startRevision: 6n });
    await watcher.close();
  });

  it("is a refusal like any other for who has no password", async () => {
    const { watcher, transport } = watcherHarness();
    const seen = observe(watcher.watch("k"));
    await settle();
    refuse(transport.connections[0], INVALID_TOKEN);
    expect(await seen.ended).toMatchObject({ name: "WatchCanceledError", code: "UNAUTHENTICATED" });
  });

  it("[155] but permissions that are just being changed are tried again, as a certificate's user meets them too", async () => {
    const { watcher, transport, clock } = watcherHarness();
    const watch = watcher.watch("k");
    await settle();
    refuse(transport.connections[0], OLD_REVISION);
    await settle();
    clock.advance(0);
    await settle();
    transport.connections[1]?.send({ created: true, watchId: 0n, revision: 4n });
    expect((await watch.created).revision).toBe(4n);
    await watcher.close();
  });
});
