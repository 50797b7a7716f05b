import { describe, expect, it } from "vitest";
import { FaultInjector } from "../../../../src/mock-server/faults/fault-injector.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

describe("FaultInjector", () => {
  const injector = new FaultInjector(new FakeClock());

  it("shows a method that etcd does not have, which would never be met", () => {
    expect(() => {
      injector.failNext({ method: "put" });
    }).toThrow('method must be the name of a call, as "Put" or "Watch", got "put"');
    expect(() => injector.delay({ method: "Watch.create", delayMs: 1 })).toThrow(TypeError);
  });

  it("shows a number that makes no sense", () => {
    for (const times of [0, -1, 1.5, Number.NaN])
      expect(() => {
        injector.failNext({ times });
      }).toThrow(`times must be an integer from 1 on, got ${times}`);
    for (const delayMs of [-1, Number.NaN]) expect(() => injector.delay({ delayMs })).toThrow(`delayMs must be 0 or more, got ${delayMs}`);
  });
});
