import { describe, expect, it } from "vitest";
import type { Int64 } from "../../../src/model/int64.ts";
import { CreateWindow } from "../../../src/watch/create-window.ts";
import { SingleCreates } from "../../../src/watch/single-creates.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function stage({ isSingle = false } = {}) {
  const clock = new FakeClock();
  const unfit: string[] = [];
  const window = new CreateWindow({
    clock,
    isSingle,
    onUnfit: ({ details }) => {
      unfit.push(details);
    },
  });
  const created = (watchId: Int64) => ({ watchId, isRefusal: false });
  const refused = (watchId: Int64) => ({ watchId, isRefusal: true });
  return { clock, unfit, window, created, refused };
}

describe("CreateWindow", () => {
  it("begins as clientv3: one create, without an id", () => {
    const { clock, window } = stage();
    expect([window.size, window.send(), clock.pendingTimers]).toEqual([1, 0, 0]);
  });

  it("probes with an id of its own far above a server's, and opens when it comes back", () => {
    const { clock, window, created } = stage();
    window.send();
    expect(window.answered(0, created(0))).toBe(true);
    const probe = window.send();
    expect(probe).toBeGreaterThanOrEqual(2 ** 20);
    expect(probe).toBeLessThan(2 ** 30);
    expect([window.size, clock.pendingTimers]).toEqual([1, 1]);
    expect(window.answered(probe, created(probe))).toBe(true);
    expect([window.size, clock.pendingTimers]).toEqual([256, 0]);
    expect([window.send(), window.send()]).toEqual([probe + 1, probe + 2]);
  });

  it("stays with one at a time, without an id, where a watch gets another one (etcd's grpc-proxy)", () => {
    const { window, created } = stage();
    window.answered(window.send(), created(0));
    expect(window.answered(window.send(), created(1))).toBe(true);
    expect([window.size, window.send()]).toEqual([1, 0]);
    expect(window.answered(0, created(2))).toBe(true);
    expect(window.size).toBe(1);
  });

  it("learns nothing from a refusal: the next create probes", () => {
    const { window, created, refused } = stage();
    expect(window.answered(window.send(), refused(-1n))).toBe(true);
    expect(window.answered(window.send(), refused(-1n))).toBe(true);
    const probe = window.send();
    expect(window.size).toBe(1);
    window.answered(probe, created(probe));
    expect(window.size).toBe(256);
  });

  it("takes the oldest one's id in the window, or its refusal, and starts over for anything else", () => {
    for (const [watchId, isRefusal, fits] of [
      [0, false, true],
      [-1n, true, true],
      [-10, true, true], // stands for 0: old servers
      [1, false, false],
      [1, true, false],
      [-5, false, false],
    ] as const) {
      const { window, unfit, created } = stage();
      window.answered(window.send(), created(0));
      const probe = window.send();
      window.answered(probe, created(probe));
      const oldest = window.send();
      window.send();
      const id = watchId === -1n ? -1n : watchId === -10 ? 0 : oldest + watchId;
      expect(window.answered(oldest, { watchId: id, isRefusal }), `${String(watchId)} ${String(isRefusal)}`).toBe(fits);
      expect(unfit).toHaveLength(fits ? 0 : 1);
    }
  });

  it("gives a probe a second, or ten times what the first create took (kine drops creates with an id)", () => {
    for (const [tookMs, limitMs] of [
      [5, 1_000],
      [400, 4_000],
    ] as const) {
      const { clock, window, unfit, created } = stage();
      window.send();
      clock.advance(tookMs);
      window.answered(0, created(0));
      window.send();
      clock.advance(limitMs - 1);
      expect(unfit).toEqual([]);
      clock.advance(1);
      expect(unfit).toEqual([
        "a create with an id of the client's own was not answered; they are sent without, and one at a time, from now on",
      ]);
      expect(clock.pendingTimers).toBe(0);
    }
  });

  it("does not blame a server for a pause of our own", () => {
    const { clock, window, unfit, created } = stage();
    window.answered(window.send(), created(0));
    const probe = window.send();
    clock.jump(60_000); // the event loop was blocked; the answer is there, and not read yet
    clock.advance(1);
    expect(unfit).toEqual([]);
    window.answered(probe, created(probe));
    clock.advance(60_000);
    expect(unfit).toEqual([]);
    expect(window.size).toBe(256);
  });

  it("leaves no timer behind", () => {
    const { clock, window, created } = stage();
    window.answered(window.send(), created(0));
    window.send();
    window.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it("sends no id where it is known not to go well, for ten minutes", () => {
    const { window, created } = stage({ isSingle: true });
    for (let id = 0; id < 3; id++) {
      expect([window.size, window.send()]).toEqual([1, 0]);
      window.answered(0, created(id));
    }
    const clock = new FakeClock();
    const endpoints = new SingleCreates(clock);
    endpoints.add("one:2379");
    expect([endpoints.has("one:2379"), endpoints.has("two:2379")]).toEqual([true, false]);
    clock.advance(600_000);
    expect(endpoints.has("one:2379")).toBe(false);
  });
});
