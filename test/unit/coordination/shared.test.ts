import { describe, expect, it } from "vitest";
import { Shared, type Tenure } from "../../../src/coordination/shared.ts";
import { deferred } from "../../../src/util/deferred.ts";
import { settle } from "../../support/watcher-harness.ts";

class FakeTenure implements Tenure {
  readonly #over = new AbortController();
  ends = 0;

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  abort(reason: Error): void {
    this.#over.abort(reason);
  }

  end(): Promise<void> {
    this.ends++;
    return Promise.resolve();
  }
}

/** What is got when the test says so. */
function getting() {
  const got = deferred<FakeTenure>();
  const signals: AbortSignal[] = [];
  const shared = new Shared<FakeTenure>((signal) => {
    signals.push(signal);
    signal.addEventListener("abort", () => {
      got.reject(signal.reason as Error);
    });
    return got.promise;
  });
  return { shared, got, signals, tenure: new FakeTenure() };
}

describe("Shared", () => {
  it("is got once for all, and given up when the last has let go", async () => {
    const { shared, got, signals, tenure } = getting();
    const holding = [shared.hold(undefined), shared.hold(undefined)];
    got.resolve(tenure);
    const [one, other] = await Promise.all(holding);
    expect(signals).toHaveLength(1);
    await one?.release();
    await one?.release();
    expect([tenure.ends, tenure.signal.aborted, shared.isOver]).toEqual([0, false, false]);
    await other?.release();
    expect([tenure.ends, tenure.signal.aborted, shared.isOver]).toEqual([1, true, true]);
  });

  it("is not waited for any more when nobody is left who does", async () => {
    const { shared, signals } = getting();
    const [one, other] = [new AbortController(), new AbortController()];
    const holding = [one, other].map(({ signal }) => shared.hold(signal));
    one.abort(new Error("one"));
    await expect(holding[0]).rejects.toThrow("one");
    expect([signals[0]?.aborted, shared.isOver]).toEqual([false, false]);
    other.abort(new Error("other"));
    await expect(holding[1]).rejects.toThrow("other");
    expect([signals[0]?.aborted, shared.isOver]).toEqual([true, true]);
  });

  it("tells all who wait that it cannot be got", async () => {
    const { shared, got } = getting();
    const holding = [shared.hold(undefined), shared.hold(undefined)];
    got.reject(new Error("denied"));
    for (const hold of holding) await expect(hold).rejects.toThrow("denied");
    expect(shared.isOver).toBe(true);
  });

  it("is over for newcomers when it is lost, and is given up only when who has it has let go", async () => {
    const { shared, got, tenure } = getting();
    const holding = shared.hold(undefined);
    got.resolve(tenure);
    const { release } = await holding;
    tenure.abort(new Error("lost"));
    await settle();
    expect([shared.isOver, tenure.ends]).toEqual([true, 0]);
    await release();
    expect(tenure.ends).toBe(1);
  });

  it("can be given up: who waits is told, who has it sees its signal, and it is waited for these", async () => {
    const waited = getting();
    const waiting = waited.shared.hold(undefined);
    const waitedUp = waited.shared.giveUp(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await waitedUp;

    const { shared, got, tenure } = getting();
    const holding = shared.hold(undefined);
    got.resolve(tenure);
    const { release } = await holding;
    let isUp = false;
    const up = shared.giveUp(new Error("enough")).then(() => (isUp = true));
    await settle();
    expect([tenure.signal.reason, isUp, tenure.ends]).toEqual([new Error("enough"), false, 0]);
    await release();
    await up;
    expect(tenure.ends).toBe(1);
  });

  it("gives up what it gets in the moment in which nobody wants it any more", async () => {
    const tenure = new FakeTenure();
    const got = deferred<FakeTenure>();
    const shared = new Shared<FakeTenure>(() => got.promise); // does not notice the signal
    const stop = new AbortController();
    const holding = shared.hold(stop.signal);
    stop.abort(new Error("enough"));
    got.resolve(tenure);
    await expect(holding).rejects.toThrow("enough");
    expect([tenure.ends, tenure.signal.aborted]).toEqual([1, true]);
  });

  it("is not entered with a signal that was aborted before", async () => {
    const { shared, got, signals, tenure } = getting();
    await expect(shared.hold(AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
    // Nobody is left who would let go of it, so it must not be got.
    expect([signals[0]?.aborted, shared.isOver]).toEqual([true, true]);
    await shared.giveUp(new Error("is over"));

    const other = getting();
    const holding = other.shared.hold(undefined);
    await expect(other.shared.hold(AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
    other.got.resolve(tenure);
    await (await holding).release();
    expect(tenure.ends).toBe(1);
    got.reject(new Error("of no interest"));
  });
});
