import { describe, expect, it } from "vitest";
import { AuthenticateResponse } from "../../../src/gen/rpc.ts";
import { AuthToken } from "../../../src/transport/auth-token.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeUnaryTransport } from "../../support/fake-unary-transport.ts";

function stage() {
  const transport = new FakeUnaryTransport();
  const clock = new FakeClock();
  const token = new AuthToken(transport, { auth: { username: "root", password: "secret" }, clock, timeoutMs: 5_000 });
  const answer = (index: number, text: string): void => {
    transport.calls[index]?.answer(AuthenticateResponse.encode({ header: undefined, token: text }).finish());
  };
  return { transport, clock, token, answer };
}

describe("AuthToken", () => {
  it("is fetched once, however many wait for it, within the time that one Authenticate may take", async () => {
    const { transport, token, answer } = stage();
    const all = Promise.all([token.current(), token.fresh(), token.current()]);
    answer(0, "first");
    expect((await all).map((held) => held.token)).toEqual(["first", "first", "first"]);
    expect((await token.current()).token).toBe("first");
    const { options } = transport.onlyCall;
    expect(options).toMatchObject({ timeoutMs: 5_000, repeatable: true, metadata: { hasleader: "true" } });
  });

  it("stays when an older one is refused late", async () => {
    const { transport, token, answer } = stage();
    const first = token.current();
    answer(0, "first");
    const old = await first;
    token.discard(old);
    const second = token.current();
    answer(1, "second");
    await second;
    token.discard(old);
    expect((await token.current()).token).toBe("second");
    expect(transport.calls).toHaveLength(2);
  });

  it("is fresh for a second, and good for unary calls after it", async () => {
    const { transport, clock, token, answer } = stage();
    const first = token.current();
    answer(0, "first");
    await first;
    clock.advance(999);
    expect((await token.fresh()).token).toBe("first");
    clock.advance(1);
    expect((await token.current()).token).toBe("first");
    const second = token.fresh();
    answer(1, "second");
    expect((await second).token).toBe("second");
    expect((await token.current()).token).toBe("second");
    expect(transport.calls).toHaveLength(2);
  });

  it("is none while authentication is off, and that is remembered as any other", async () => {
    const { transport, token } = stage();
    const none = token.current();
    transport.calls[0]?.fail("FAILED_PRECONDITION", "etcdserver: authentication is not enabled");
    expect((await none).token).toBeUndefined();
    expect((await token.current()).token).toBeUndefined();
    expect(transport.calls).toHaveLength(1);
  });

  it("that could not be had is asked for anew by the next", async () => {
    const { transport, token, answer } = stage();
    const failed = token.current();
    transport.calls[0]?.fail("UNAVAILABLE", "gone");
    await expect(failed).rejects.toMatchObject({ code: "UNAVAILABLE" });
    const held = token.current();
    answer(1, "second");
    expect((await held).token).toBe("second");
  });
});
