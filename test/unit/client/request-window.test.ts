import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { Kv } from "../../../src/client/kv.ts";
import { RequestWindow } from "../../../src/client/request-window.ts";
import { PutResponse } from "../../../src/gen/rpc.ts";
import type { UnaryCallOptions } from "../../../src/transport/transport.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeUnaryTransport } from "../../support/fake-unary-transport.ts";
import { HEADER } from "../../support/kv-harness.ts";

const PATH = "/etcdserverpb.KV/Put";

function harness(maxInFlight: number) {
  const transport = new FakeUnaryTransport();
  const clock = new FakeClock();
  const window = new RequestWindow(transport, { maxInFlight, clock });
  const call = (name: string, options: Partial<UnaryCallOptions> = {}): Promise<string> =>
    window.unary(PATH, Buffer.from(name), { timeoutMs: 1_000, repeatable: false, ...options }).then(String);
  const sent = (): string[] => transport.calls.map(({ request }) => request.toString());
  const answer = (index: number): void => transport.calls[index]?.answer(Buffer.from("ok"));
  return { transport, clock, window, call, sent, answer };
}

describe("RequestWindow", () => {
  it("sends a call at once, with its own options, while there is room", async () => {
    const { transport, call, clock } = harness(2);
    const { signal } = new AbortController();
    const result = call("a", { signal, timeoutMs: 5, endpoint: "other:2379" });
    expect(transport.onlyCall.options).toEqual({ signal, timeoutMs: 5, repeatable: false, endpoint: "other:2379" });
    expect(clock.pendingTimers).toBe(0);
    transport.onlyCall.answer(Buffer.from("ok"));
    expect(await result).toBe("ok");
  });

  it("never has more in flight than it may, and sends the others in the order of their calls", async () => {
    const { transport, window, call, sent } = harness(3);
    const results = Array.from({ length: 10 }, (_, index) => call(String(index)));
    expect(sent()).toEqual(["0", "1", "2"]);
    expect([window.inFlight, window.waiting]).toEqual([3, 7]);
    for (let index = 0; index < 10; index++) {
      transport.calls[index]?.answer(Buffer.from(`answer ${String(index)}`));
      expect(await results[index]).toBe(`answer ${String(index)}`);
      await vi.waitFor(() => {
        expect(transport.calls.length).toBe(Math.min(10, index + 4));
      });
    }
    expect(sent()).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    expect(transport.mostInFlight).toBe(3);
    expect([window.inFlight, window.waiting]).toEqual([0, 0]);
  });

  it("gives a failed call's place to the next", async () => {
    const { transport, call, sent } = harness(1);
    const first = call("a");
    const second = call("b");
    transport.calls[0]?.fail("UNAVAILABLE", "gone");
    await expect(first).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await vi.waitFor(() => {
      expect(sent()).toEqual(["a", "b"]);
    });
    transport.calls[1]?.answer(Buffer.from("ok"));
    expect(await second).toBe("ok");
  });

  it("takes the time in the line off the timeout", async () => {
    const { transport, clock, call, answer } = harness(1);
    void call("a");
    const second = call("b", { timeoutMs: 1_000 });
    clock.advance(400);
    answer(0);
    await vi.waitFor(() => {
      expect(transport.calls).toHaveLength(2);
    });
    expect(transport.calls[1]?.options.timeoutMs).toBe(600);
    expect(clock.pendingTimers).toBe(0);
    answer(1);
    await second;
  });

  it("rejects with DEADLINE_EXCEEDED a call whose time is over before its turn, and never sends it", async () => {
    const { transport, window, clock, call, answer, sent } = harness(1);
    const first = call("a");
    const second = call("b", { timeoutMs: 100 });
    clock.advance(100);
    await expect(second).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED", path: PATH, details: /not sent within 100 ms/ });
    expect(window.waiting).toBe(0);
    answer(0);
    await first;
    expect(sent()).toEqual(["a"]);
    expect(transport.inFlight).toBe(0);
  });

  it("does so too when the timer is late", async () => {
    const { clock, call, answer, sent } = harness(1);
    const first = call("a");
    const second = call("b", { timeoutMs: 100 });
    clock.jump(100);
    answer(0);
    await first;
    await expect(second).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    expect(sent()).toEqual(["a"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("takes an aborted call out of the line, and leaves no listener and no timer", async () => {
    const { window, clock, call, answer, sent } = harness(1);
    const controller = new AbortController();
    const first = call("a");
    const second = call("b", { signal: controller.signal });
    const third = call("c");
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(second).rejects.toBe(reason);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    expect(window.waiting).toBe(1);
    answer(0);
    await first;
    await vi.waitFor(() => {
      expect(sent()).toEqual(["a", "c"]);
    });
    answer(1);
    await third;
    expect(clock.pendingTimers).toBe(0);
  });

  it("leaves no listener after a call that had to wait was answered", async () => {
    const { call, answer, transport } = harness(1);
    const { signal } = new AbortController();
    const results = [call("a", { signal }), call("b", { signal })];
    answer(0);
    await vi.waitFor(() => {
      expect(transport.calls).toHaveLength(2);
    });
    answer(1);
    await Promise.all(results);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("hands an abort of a call in flight to the transport, also if it had to wait first", async () => {
    const { window, call, answer, sent } = harness(1);
    const controller = new AbortController();
    const first = call("a");
    const second = call("b", { signal: controller.signal });
    answer(0);
    await first;
    await vi.waitFor(() => {
      expect(sent()).toEqual(["a", "b"]);
    });
    controller.abort(new Error("enough"));
    await expect(second).rejects.toThrow("enough");
    await vi.waitFor(() => {
      expect(window.inFlight).toBe(0);
    });
  });

  it("sends nothing for a signal that is aborted already", async () => {
    const { transport, call } = harness(1);
    await expect(call("a", { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    expect(transport.calls).toEqual([]);
  });

  it("leaves streams and endpoints to the transport", async () => {
    const { window, transport } = harness(1);
    expect(window.endpoints).toBe(transport.endpoints);
    const options = { connection: "requests" as const, metadata: {}, signal: new AbortController().signal };
    await expect(window.duplex("/etcdserverpb.Watch/Watch", options)).rejects.toThrow("no streams");
  });

  it("keeps ten thousand puts at once to 512 in flight", async () => {
    const transport = new FakeUnaryTransport();
    const answer = PutResponse.encode({ header: HEADER, prevKv: undefined }).finish();
    transport.onCall = (call) => {
      setImmediate(() => {
        call.answer(answer);
      });
    };
    const kv = new Kv(new RequestWindow(transport), { requestTimeoutMs: 60_000 });
    const responses = await Promise.all(Array.from({ length: 10_000 }, (_, index) => kv.put(`key-${String(index)}`, "value")));
    expect(responses).toHaveLength(10_000);
    expect(transport.calls).toHaveLength(10_000);
    expect(transport.mostInFlight).toBe(512);
  });

  it("has no rejection that nobody handles when ten thousand calls with one signal are aborted", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const { window, clock, call, transport } = harness(512);
    const controller = new AbortController();
    const results = Array.from({ length: 10_000 }, (_, index) => call(String(index), { signal: controller.signal }));
    const settled = Promise.allSettled(results);
    controller.abort(new Error("enough"));
    expect((await settled).every(({ status }) => status === "rejected")).toBe(true);
    await new Promise(setImmediate);
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    expect([window.inFlight, window.waiting, clock.pendingTimers, transport.calls.length]).toEqual([0, 0, 0, 512]);
  });
});
