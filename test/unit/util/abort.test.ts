import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { abortable, abortReason, firstAborted, onAbort } from "../../../src/util/abort.ts";
import { deferred } from "../../../src/util/deferred.ts";

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

describe("abortReason()", () => {
  it("is the signal's reason itself when that is an error", () => {
    const reason = new Error("enough");
    expect(abortReason(AbortSignal.abort(reason))).toBe(reason);
  });

  it("is an AbortError when none was given", () => {
    expect(abortReason(AbortSignal.abort()).name).toBe("AbortError");
  });

  it.each([["enough"], [5], [null], [{ why: "enough" }]])("is %o, as it was given", (reason) => {
    expect(abortReason(AbortSignal.abort(reason))).toBe(reason);
  });
});

describe("onAbort()", () => {
  it("calls back once, with the reason", () => {
    const controller = new AbortController();
    const seen: Error[] = [];
    onAbort(controller.signal, (reason) => seen.push(reason));
    expect(seen).toEqual([]);
    const reason = new Error("enough");
    controller.abort(reason);
    controller.abort(new Error("again"));
    expect(seen).toEqual([reason]);
  });

  it("calls back at once for a signal that is aborted already, and leaves no listener", () => {
    const signal = AbortSignal.abort(new Error("enough"));
    const seen: string[] = [];
    onAbort(signal, (reason) => seen.push(reason.message))();
    expect(seen).toEqual(["enough"]);
    expect(listeners(signal)).toBe(0);
  });

  it("returns what takes the listener away", () => {
    const controller = new AbortController();
    let calls = 0;
    const unlink = onAbort(controller.signal, () => calls++);
    expect(listeners(controller.signal)).toBe(1);
    unlink();
    unlink();
    expect(listeners(controller.signal)).toBe(0);
    controller.abort();
    expect(calls).toBe(0);
  });

  it("puts one listener on the signal however many wait for it: Node 20 warns of a leak from the eleventh on", () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const unlinks = Array.from({ length: 50 }, (_, index) => onAbort(controller.signal, () => seen.push(index)));
    expect(listeners(controller.signal)).toBe(1);
    for (const unlink of unlinks.slice(0, 47)) unlink();
    expect(listeners(controller.signal)).toBe(1);
    controller.abort();
    expect(seen).toEqual([47, 48, 49]);
    expect(listeners(controller.signal)).toBe(0);
  });

  it("counts a callback that waits twice as two", () => {
    const controller = new AbortController();
    let calls = 0;
    const callback = (): number => calls++;
    onAbort(controller.signal, callback);
    onAbort(controller.signal, callback)();
    controller.abort();
    expect(calls).toBe(1);
  });

  it("does not call who was taken away by another one's callback", () => {
    const controller = new AbortController();
    let calls = 0;
    onAbort(controller.signal, () => {
      unlink();
    });
    const unlink = onAbort(controller.signal, () => calls++);
    controller.abort();
    expect(calls).toBe(0);
  });

  it("calls everyone, also when one throws, and does not hide what it threw", async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const uncaught = new Promise<unknown>((resolve) => {
      const others = process.listeners("uncaughtException");
      process.removeAllListeners("uncaughtException");
      process.once("uncaughtException", (error) => {
        for (const other of others) process.on("uncaughtException", other);
        resolve(error);
      });
    });
    onAbort(controller.signal, () => {
      throw new Error("broken");
    });
    onAbort(controller.signal, () => seen.push("called"));
    controller.abort();
    expect(seen).toEqual(["called"]);
    expect(await uncaught).toMatchObject({ message: "broken" });
  });

  it("does nothing without a signal", () => {
    expect(() => {
      onAbort(undefined, () => {
        throw new Error("called");
      })();
    }).not.toThrow();
  });
});

describe("abortable()", () => {
  it("is the promise itself without a signal", () => {
    const promise = Promise.resolve(1);
    expect(abortable(promise, undefined)).toBe(promise);
  });

  it("gives the promise's value, and removes its listener", async () => {
    const { signal } = new AbortController();
    const { promise, resolve } = deferred<number>();
    const result = abortable(promise, signal);
    expect(listeners(signal)).toBe(1);
    resolve(7);
    expect(await result).toBe(7);
    await Promise.resolve();
    expect(listeners(signal)).toBe(0);
  });

  it("gives the promise's error", async () => {
    await expect(abortable(Promise.reject(new Error("broken")), new AbortController().signal)).rejects.toThrow("broken");
  });

  it("rejects with the reason as soon as the signal is aborted; what the promise does later is swallowed", async () => {
    const controller = new AbortController();
    const { promise, reject } = deferred<number>();
    const result = abortable(promise, controller.signal);
    controller.abort(new Error("enough"));
    await expect(result).rejects.toThrow("enough");
    reject(new Error("too late"));
    await expect(result).rejects.toThrow("enough");
  });

  it("rejects for a signal that was aborted before", async () => {
    await expect(abortable(Promise.resolve(1), AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  });
});

describe("firstAborted()", () => {
  it("is aborted with the reason of the first, and of no other", () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const { signal } = firstAborted([a.signal, undefined, b.signal]);
    expect(signal.aborted).toBe(false);
    b.abort(new Error("b"));
    a.abort(new Error("a"));
    expect(signal.reason).toEqual(new Error("b"));
  });

  it("is aborted at once by one that was before, and takes its listeners away", () => {
    const { signal } = new AbortController();
    const first = firstAborted([signal, AbortSignal.abort(new Error("enough"))]);
    expect(first.signal.reason).toEqual(new Error("enough"));
    expect(listeners(signal)).toBe(1);
    first.unlink();
    expect(listeners(signal)).toBe(0);
  });
});
