import type { StateChange } from "etcd-watch";
import { describe, expect, it } from "vitest";
import { type ShownStatus, TopModel, type TopSample } from "../../../../src/cli/top/top-model.ts";
import { type Paint, topLine, topScreen } from "../../../../src/cli/top/top-screen.ts";

const AT = new Date(2030, 0, 2, 3, 4, 5);
const CONNECTED: StateChange = { state: "connected", endpoint: "127.0.0.1:2379" };
const plain: Paint = (_, text) => text;

function status(overrides: Partial<ShownStatus> = {}): ShownStatus {
  return {
    state: "watching",
    endpoint: "127.0.0.1:2379",
    bufferedBytes: 0,
    lastResponseAt: AT,
    lag: 0n,
    ...overrides,
  };
}

function sampleOf(
  keys: readonly string[],
  fill: (model: TopModel) => void = () => undefined,
  statuses: Partial<ShownStatus> = {},
): TopSample {
  const model = new TopModel(
    keys.map((title) => ({ title, status: () => status(statuses) })),
    0,
  );
  fill(model);
  return model.sample({ state: CONNECTED, streams: 1, at: AT, nowMs: 2_000 });
}

describe("TopModel", () => {
  it("counts events and how many come a second", () => {
    const model = new TopModel([{ title: "a", status: () => status() }], 0);
    model.addEvents(0, 10);
    expect(model.sample({ state: CONNECTED, streams: 1, at: AT, nowMs: 2_000 }).watches[0]).toMatchObject({
      events: 10,
      eventsPerSecond: 5,
      history: [5],
    });
    model.addEvents(0, 3);
    expect(model.sample({ state: CONNECTED, streams: 1, at: AT, nowMs: 3_000 }).watches[0]).toMatchObject({
      events: 13,
      eventsPerSecond: 3,
      history: [5, 3],
    });
  });

  it("counts a reconnect for each connection but the first", () => {
    const sample = sampleOf(["a"], (model) => {
      for (const change of [
        CONNECTED,
        { state: "disconnected", endpoint: "e", error: new Error("cut"), attempt: 0, retryInMs: 0 },
        CONNECTED,
      ] as const)
        model.connectionChanged(change, AT);
    });
    expect(sample.reconnects).toBe(1);
    expect(sample.happenings).toEqual([
      "03:04:05  connected 127.0.0.1:2379",
      "03:04:05  disconnected e: cut",
      "03:04:05  connected 127.0.0.1:2379",
    ]);
  });

  it("keeps what happened last, not all of it", () => {
    const sample = sampleOf(["a"], (model) => {
      for (let count = 0; count < 1_000; count++) model.connectionChanged(CONNECTED, AT);
    });
    expect(sample.happenings.length).toBe(50);
  });

  it("knows when every watch has ended", () => {
    const model = new TopModel([{ title: "a", status: () => status() }], 0);
    expect(model.areAllEnded).toBe(false);
    model.ended(0, "refused");
    expect(model.areAllEnded).toBe(true);
  });
});

describe("topScreen()", () => {
  const many = Array.from({ length: 40 }, (_, index) => `key-${String(index)}`);

  it.each([
    [80, 24, ["a"]],
    [80, 24, many],
    [60, 10, many],
    [132, 50, many],
    [80, 5, ["a"]],
    [50, 24, [`${"long/".repeat(40)}\u001b[31m`]],
  ])("fills %d columns and %d rows, and no more", (columns, rows, keys) => {
    const sample = sampleOf(keys, (model) => {
      for (let count = 0; count < 30; count++)
        model.connectionChanged({ state: "disconnected", endpoint: "e", error: new Error("x".repeat(200)), attempt: 1, retryInMs: 20 }, AT);
      model.ended(0, `why ${"y".repeat(200)}`);
    });
    const lines = topScreen(sample, { columns, rows }, plain);
    expect(lines.length).toBe(rows);
    expect(lines.filter((line) => line.length > columns)).toEqual([]);
    expect(lines.join("")).not.toContain("\u001b");
  });

  it("says how many watches there is no room for, why one has ended, and what happened last", () => {
    const lines = topScreen(
      sampleOf(many, (model) => {
        model.ended(3, "etcdserver: permission denied");
        model.connectionChanged(CONNECTED, AT);
      }),
      { columns: 80, rows: 24 },
      plain,
    );
    expect(lines.find((line) => line.startsWith("and "))).toBe("and 25 more");
    expect(lines).toContain("key-3 has ended: etcdserver: permission denied");
    expect(lines).toContain("03:04:05  connected 127.0.0.1:2379");
  });

  it("shows each watch on a line", () => {
    const lines = topScreen(
      sampleOf(
        ["config/*"],
        (model) => {
          model.addEvents(0, 3_000);
        },
        { lag: 12n, state: "parked" },
      ),
      { columns: 80, rows: 24 },
      plain,
    );
    expect(lines[4]?.split(/\s+/)).toEqual(["config/*", "parked", "3,000", "1,500", "12", "now", "█"]);
    expect(lines[1]).toBe("streams 1  watches 1  events 3,000  1,500/s  lag 12  parked 1  reconnects 0");
  });

  it("paints, if it is given colours, without changing a word", () => {
    const sample = sampleOf(many);
    const painted = topScreen(sample, { columns: 80, rows: 24 }, (style, text) => `<${style}>${text}</>`);
    expect(painted.join("\n").replace(/<\/?\w*>/g, "")).toBe(topScreen(sample, { columns: 80, rows: 24 }, plain).join("\n"));
    expect(painted.join("\n")).toContain("<good>connected</>");
  });
});

describe("topLine()", () => {
  it("says the same in one line of words that can be searched", () => {
    expect(
      topLine(
        sampleOf(["a", "b"], (model) => {
          model.addEvents(0, 4_000);
        }),
      ),
    ).toBe(`${AT.toISOString()} connected 127.0.0.1:2379 streams=1 watches=2 events=4000 rate=2000/s lag=0 parked=0 reconnects=0`);
  });
});
