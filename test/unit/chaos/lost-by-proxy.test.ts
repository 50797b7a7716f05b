import { describe, expect, it } from "vitest";
import { judgeRecord } from "../../support/guarantees/judge-record.ts";
import { lostByProxy } from "../../support/guarantees/lost-by-proxy.ts";
import { inShort, type WatchRecord, type WireServerWatch } from "../../support/guarantees/watch-record.ts";
import { all, answer, event, good, pair, record, serverWatch, truth, wire } from "./sample-record.ts";

const [first, , third] = all;
if (first === undefined || third === undefined) throw new Error("the sample has five responses");

/** 4 is missing, and what comes after it was delivered. */
const skipped = [first, pair, answer(event(6n), event(7n))];
/** Nothing after 4 came, and all of it was due from 1,000 ms on. */
const silent: Partial<WatchRecord> = { responses: [first, third], dueRevision: 7n, dueSinceMs: 1_000 };
const heard = (fields: Partial<WireServerWatch> = {}): WireServerWatch =>
  serverWatch(1n, ["2 a/1", "4 a/1"], { heardUntilMs: 6_000, ...fields });

const lost = (fields: Partial<WatchRecord>): string[] => lostByProxy(record(fields), truth).map(inShort);
const client = (fields: Partial<WatchRecord>, isProxied = true): string[] => {
  return [...new Set(judgeRecord(record(fields), truth, { isProxied }).violations.map(({ guarantee }) => guarantee))];
};

describe("What a proxy has lost", () => {
  it.each<[string, Partial<WatchRecord>, readonly string[]]>([
    [
      "the server watch that had to bring it went past it",
      { responses: skipped, wire: wire(serverWatch(1n, ["2 a/1", ...["5 a/2", "5 a/3", "6 a/1", "7 a/1"]])) },
      ["put a/1@4"],
    ],
    [
      "another one was told to go on from behind it only then",
      { responses: skipped, wire: wire(serverWatch(1n, ["2 a/1", "5 a/2"]), serverWatch(5n, ["5 a/2", "5 a/3", "6 a/1", "7 a/1"])) },
      ["put a/1@4"],
    ],
    [
      "a notice went past it",
      { responses: [first], resumeRevision: 5n, wire: wire(serverWatch(1n, ["2 a/1"], { noticeRevision: 5n })) },
      ["put a/1@4"],
    ],
    [
      "one from now went past it",
      {
        asked: { ...good.asked, startRevision: 0n },
        created: { revision: 3n },
        responses: [pair],
        wire: wire(serverWatch(0n, ["5 a/2", "5 a/3"], { createdRevision: 3n })),
      },
      ["put a/1@4"],
    ],
    [
      "it was silent although its call was heard of long after all had been written",
      { ...silent, wire: wire(heard()) },
      ["put a/2@5", "put a/3@5", "delete a/1@6", "put a/1@7"],
    ],
  ])("is told: %s", (_, fields, expected) => {
    expect(lost(fields)).toEqual(expected);
    expect(client(fields)).toEqual([]);
  });

  it.each<[string, Partial<WatchRecord>, string]>([
    [
      "it came, and was not delivered",
      { responses: skipped, wire: wire(serverWatch(1n, ["2 a/1", "4 a/1", "5 a/2", "5 a/3", "6 a/1", "7 a/1"])) },
      "wireDelivered",
    ],
    [
      "it came on a server watch that was given up",
      { responses: skipped, wire: wire(serverWatch(1n, ["2 a/1", "4 a/1"]), serverWatch(1n, ["5 a/2", "5 a/3", "6 a/1", "7 a/1"])) },
      "wireDelivered",
    ],
    [
      "it was never asked for",
      { responses: skipped, wire: wire(serverWatch(1n, ["2 a/1"]), serverWatch(5n, ["5 a/2", "5 a/3", "6 a/1", "7 a/1"])) },
      "reliable",
    ],
    [
      "it was asked for from now on, too late",
      {
        responses: skipped,
        wire: wire(serverWatch(1n, ["2 a/1"]), serverWatch(0n, ["5 a/2", "5 a/3", "6 a/1", "7 a/1"], { createdRevision: 4n })),
      },
      "reliable",
    ],
    ["nobody kept what came", { responses: skipped, wire: { creates: [], mostLive: 1 } }, "reliable"],
    [
      "the part of its revision that came is all that came",
      { responses: [first, third, answer(event(5n, "a/3"))], wire: wire(serverWatch(1n, ["2 a/1", "4 a/1", "5 a/3"])) },
      "reliable",
    ],
    ["its call was not heard of since", { ...silent, wire: wire(heard({ heardUntilMs: 999 })) }, "live"],
    ["it was heard of too soon", { ...silent, wire: wire(heard({ heardUntilMs: 5_999 })) }, "live"],
    ["the server watch was too young", { ...silent, wire: wire(heard({ sinceMs: 1_001 })) }, "live"],
    [
      "the silent one was to begin behind it",
      { ...silent, wire: wire(heard(), serverWatch(8n, [], { heardUntilMs: 60_000 })), dueSinceMs: 1_001 },
      "live",
    ],
    [
      "nothing was due, and no server watch went past it",
      { ...silent, dueRevision: undefined, resumeRevision: 6n, wire: wire(heard()) },
      "reliable",
    ],
  ])("is not told: %s", (_, fields, guarantee) => {
    expect(lost(fields)).toEqual([]);
    expect(client(fields)).toContain(guarantee);
  });

  it("is the client's all the same where there is no proxy", () => {
    const fields = { responses: skipped, wire: wire(serverWatch(1n, ["2 a/1", "5 a/2", "5 a/3", "6 a/1", "7 a/1"])) };
    expect(client(fields, false)).toEqual(["reliable", "resumeRevision"]);
    expect(client(fields)).toEqual([]);
  });

  it("excuses nothing else: a create from where the client never got to, and what was delivered twice", () => {
    const lossy = wire(serverWatch(1n, ["2 a/1", "5 a/2", "5 a/3", "6 a/1", "7 a/1"]));
    const creates = [
      { startRevision: 1n, deliveredBefore: 0n, receivedBefore: 0n },
      { startRevision: 9n, deliveredBefore: 5n, receivedBefore: 5n },
    ];
    expect(client({ responses: skipped, wire: { ...lossy, creates } })).toEqual(["wireCreates"]);
    expect(client({ responses: [first, pair, pair, answer(event(6n), event(7n))], wire: lossy })).toContain("unique");
  });
});
