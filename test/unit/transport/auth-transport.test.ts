import { describe, expect, it } from "vitest";
import { AuthenticateResponse } from "../../../src/gen/rpc.ts";
import { AUTHENTICATE_PATH } from "../../../src/transport/auth-token.ts";
import { AuthTransport } from "../../../src/transport/auth-transport.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeUnaryTransport, type RecordedCall } from "../../support/fake-unary-transport.ts";
import { settle } from "../../support/watcher-harness.ts";

const PATH = "/etcdserverpb.KV/Put";
const OLD_TOKEN = "etcdserver: invalid auth token";
const wrap = { repeatable: false, timeoutMs: 1_000 };

/** Authenticate answers "token-1", "token-2", ... at once; every other call is the test's to answer. */
function stage({ onAuthenticate }: { onAuthenticate?: (call: RecordedCall, count: number) => void } = {}) {
  const inner = new FakeUnaryTransport();
  const clock = new FakeClock();
  let count = 0;
  const answer = (call: RecordedCall): void => {
    call.answer(AuthenticateResponse.encode({ header: undefined, token: `token-${String(count)}` }).finish());
  };
  inner.onCall = (call) => {
    if (call.path === AUTHENTICATE_PATH) (onAuthenticate ?? answer)(call, ++count);
  };
  const transport = new AuthTransport(inner, {
    auth: { username: "root", password: "secret" },
    requestTimeoutMs: 5_000,
    backoff: { baseMs: 100, maxMs: 100, random: () => 1 },
    clock,
  });
  const calls = (): RecordedCall[] => inner.calls.filter(({ path }) => path === PATH);
  return { transport, clock, answer, calls, logins: () => count, pendingTimers: () => clock.pendingTimers };
}

describe("AuthTransport.unary()", () => {
  it("sends a call whose token is refused once more, with another token and what is left of its time", async () => {
    const { transport, clock, calls, pendingTimers } = stage();
    const answer = transport.unary(PATH, Buffer.from("x"), wrap);
    await settle();
    expect(calls().map(({ options }) => [options.metadata, options.timeoutMs])).toEqual([[{ token: "token-1" }, 1_000]]);
    clock.advance(400);
    calls()[0]?.fail("UNAUTHENTICATED", OLD_TOKEN);
    await settle();
    expect(calls()[1]?.options).toMatchObject({ metadata: { token: "token-2" }, timeoutMs: 600 });
    calls()[1]?.answer(Buffer.from("done"));
    expect((await answer).toString()).toBe("done");
    expect(pendingTimers()).toBe(0);
  });

  it("rejects when the second token is refused, too, which is not used again", async () => {
    const { transport, calls, logins } = stage();
    const refused = transport.unary(PATH, Buffer.alloc(0), wrap);
    refused.catch(() => undefined);
    for (const index of [0, 1]) {
      await settle();
      calls()[index]?.fail("UNAUTHENTICATED", OLD_TOKEN);
    }
    await expect(refused).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect([calls().length, logins()]).toEqual([2, 2]);
    const next = transport.unary(PATH, Buffer.alloc(0), wrap);
    await settle();
    expect(calls()[2]?.options.metadata).toEqual({ token: "token-3" });
    calls()[2]?.answer(Buffer.alloc(0));
    await next;
  });

  it("sends nothing a second time for any other failure, and keeps the token", async () => {
    const { transport, calls, logins } = stage();
    for (const index of [0, 1]) {
      const failed = transport.unary(PATH, Buffer.alloc(0), wrap);
      failed.catch(() => undefined);
      await settle();
      calls()[index]?.fail("UNAVAILABLE", "gone");
      await expect(failed).rejects.toMatchObject({ code: "UNAVAILABLE" });
    }
    expect([calls().length, logins()]).toEqual([2, 1]);
  });

  it("leaves a caller's own token as it is", async () => {
    const { transport, calls } = stage();
    const answer = transport.unary(PATH, Buffer.alloc(0), { ...wrap, metadata: { token: "own", other: "1" } });
    await settle();
    expect(calls()[0]?.options.metadata).toEqual({ token: "own", other: "1" });
    calls()[0]?.answer(Buffer.alloc(0));
    await answer;
  });

  it("asks for a token again while there is time, and then tells why there was none", async () => {
    const { transport, clock, calls, logins, pendingTimers } = stage({
      onAuthenticate: (call) => {
        call.fail("UNAVAILABLE", "restarting");
      },
    });
    const failed = transport.unary(PATH, Buffer.alloc(0), wrap);
    failed.catch(() => undefined);
    for (let ms = 0; ms < 1_000; ms += 100) {
      await settle();
      clock.advance(100);
    }
    await expect(failed).rejects.toMatchObject({ code: "UNAVAILABLE", details: "restarting" });
    expect(logins()).toBeGreaterThan(5);
    expect([calls().length, pendingTimers()]).toEqual([0, 0]);
  });

  it("gives up a token that does not come, after its time", async () => {
    const { transport, clock, pendingTimers } = stage({ onAuthenticate: () => undefined });
    const failed = transport.unary(PATH, Buffer.alloc(0), wrap);
    failed.catch(() => undefined);
    await settle();
    clock.advance(1_000);
    await expect(failed).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED", details: "no token within 1000 ms", path: PATH });
    expect(pendingTimers()).toBe(0);
  });

  it("does not try a wrong password again, nor wait for a token after the caller gave up", async () => {
    const wrong = stage({
      onAuthenticate: (call) => {
        call.fail("INVALID_ARGUMENT", "etcdserver: authentication failed, invalid user ID or password");
      },
    });
    await expect(wrong.transport.unary(PATH, Buffer.alloc(0), wrap)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect([wrong.logins(), wrong.pendingTimers()]).toEqual([1, 0]);
    const silent = stage({ onAuthenticate: () => undefined });
    const reason = new Error("enough");
    const given = new AbortController();
    const up = silent.transport.unary(PATH, Buffer.alloc(0), { ...wrap, signal: given.signal });
    given.abort(reason);
    await expect(up).rejects.toBe(reason);
    expect(silent.pendingTimers()).toBe(0);
  });

  it("asks for a token with the call's own path without a token", async () => {
    const { transport, logins } = stage();
    await transport.unary(AUTHENTICATE_PATH, Buffer.alloc(0), wrap);
    expect(logins()).toBe(1);
  });
});
