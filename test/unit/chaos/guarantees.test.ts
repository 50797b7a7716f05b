import { describe, expect, it } from "vitest";
import { checkRecord, type GuaranteeName } from "../../support/guarantees/check-record.ts";
import { nothingLeft } from "../../support/guarantees/nothing-left.ts";
import { Truth } from "../../support/guarantees/truth.ts";
import type { RecordedEvent, RecordedKv, RecordedResponse, WatchRecord } from "../../support/guarantees/watch-record.ts";
import { all, answer, changes, event, good, kv, notice, pair, record, serverWatch, tombstone, truth, wire } from "./sample-record.ts";

const asking = (fields: Partial<WatchRecord["asked"]>): WatchRecord["asked"] => ({ ...good.asked, ...fields });
const names = (violations: readonly { readonly guarantee: string }[]): string[] => [
  ...new Set(violations.map(({ guarantee }) => guarantee)),
];

describe("A record of a watch that was served well", () => {
  const compacted = { kind: "compacted", requestedRevision: 5n, compactRevision: 7n } as const;
  const later = new Truth(changes, { compactRevision: 7n });
  const [first, second] = [serverWatch(1n, ["2 a/1", "4 a/1", "5 a/2", "5 a/3"]), serverWatch(6n, ["6 a/1", "7 a/1"])];
  const later5 = serverWatch(5n, ["5 a/2", "5 a/3", "6 a/1", "7 a/1"]);

  it.each<[string, WatchRecord, Truth]>([
    ["of everything", good, truth],
    [
      "from now",
      record({ asked: asking({ startRevision: 0n }), created: { revision: 4n }, responses: all.slice(3), wire: undefined }),
      truth,
    ],
    ["of deletes only", record({ asked: asking({ filters: ["noput"] }), responses: [answer(event(6n))], resumeRevision: 8n }), truth],
    [
      "from a revision to come",
      record({ asked: asking({ startRevision: 90n }), responses: [notice(7n, 90n)], resumeRevision: 90n, wire: undefined }),
      truth,
    ],
    ["ended by a compaction", record({ responses: all.slice(0, 3), endings: [compacted], endedByUser: false }), later],
    ["left by its user with the rest unread, after a compaction", record({ responses: all.slice(0, 1), endings: [compacted] }), later],
    [
      "without what was compacted",
      record({ responses: [answer({ ...event(4n), prevKv: undefined })], asked: asking({ startRevision: 3n }), wire: undefined }),
      later,
    ],
    [
      "cancelled before it was created",
      record({ asked: asking({ startRevision: 0n }), responses: [], created: { rejected: "closed" }, resumeRevision: 0n, wire: undefined }),
      truth,
    ],
    ["with all that came", record({ wire: wire(first, second) }), truth],
    ["with what came again after a reconnect", record({ wire: wire(first, serverWatch(4n, ["4 a/1", "5 a/2", "5 a/3"]), second) }), truth],
    [
      "with a revision that came torn, and whole later",
      record({ wire: wire(serverWatch(1n, ["2 a/1", "4 a/1", "5 a/2"]), later5) }),
      truth,
    ],
    [
      "with what came before it was asked for",
      record({ asked: asking({ startRevision: 2n }), wire: wire(serverWatch(1n, ["1 a/0"]), first, second) }),
      truth,
    ],
    ["with too much on the wire to keep it", record({ wire: { creates: [], mostLive: 1, serverWatches: undefined } }), truth],
    ["of which its user did not read the end", record({ responses: all.slice(0, 3), wire: wire(first, second) }), truth],
    [
      "parked, and created again from where it was",
      record({ wire: wire(serverWatch(1n, ["2 a/1", "4 a/1", "6 a/1"]), later5) }), // 6 was given up, and 5 comes after it
      truth,
    ],
    [
      "ended by a compaction in the middle of a split answer",
      record({
        responses: all.slice(0, 3),
        endings: [compacted],
        endedByUser: false,
        wire: wire(serverWatch(1n, ["2 a/1", "4 a/1", "5 a/2"])),
      }),
      later,
    ],
  ])("passes: %s", (_, record, truth) => {
    expect(checkRecord(record, truth)).toEqual([]);
  });
});

describe("A record that breaks a guarantee", () => {
  const early = { ...notice(5n), resumeRevision: 5n };
  const changed = (of: RecordedEvent, fields: Partial<RecordedEvent>): RecordedResponse => answer({ ...of, ...fields });
  const [first, second, third, fourth, fifth] = all as [
    RecordedResponse,
    RecordedResponse,
    RecordedResponse,
    RecordedResponse,
    RecordedResponse,
  ];
  const late = (startRevision: bigint, receivedBefore: bigint, deliveredBefore = 0n) => ({
    startRevision,
    receivedBefore,
    deliveredBefore,
  });
  const onServer = (...came: string[]) => wire(serverWatch(1n, came));
  const rest = ["5 a/2", "5 a/3", "6 a/1", "7 a/1"];
  const onWire = (...creates: ReturnType<typeof late>[]): Partial<WatchRecord> => ({ wire: { creates, mostLive: 1 } });

  it.each<[GuaranteeName, string, Partial<WatchRecord>]>([
    ["filter", "a key out of the range", { responses: [first, answer(event(3n, "b")), third] }],
    ["filter", "a put under noput", { asked: asking({ filters: ["noput"] }), responses: [answer(event(4n))] }],
    ["filter", "a delete under nodelete", { asked: asking({ filters: ["nodelete"] }), responses: [answer(event(6n))] }],
    ["ordered", "back from one response to the next", { responses: [third, { ...first, resumeRevision: 5n }] }],
    ["ordered", "back within one", { responses: [{ ...answer(event(4n), event(2n)), resumeRevision: 5n }] }],
    ["unique", "again after a reconnect", { responses: [first, first] }],
    ["unique", "twice in one response", { responses: [first, third, answer(event(5n, "a/2"), event(5n, "a/2"))] }],
    ["atomic", "a torn revision", { responses: [first, third, answer(event(5n, "a/2")), answer(event(5n, "a/3"))] }],
    ["authentic", "what never happened", { responses: [first, changed(event(4n), { kv: kv("a/1", 3n) })] }],
    ["authentic", "another value", { responses: [changed(event(2n), { kv: kv("a/1", 2n, { value: "x" }) })] }],
    ["authentic", "another lease", { responses: [changed(event(2n), { kv: kv("a/1", 2n, { lease: 7n }) })] }],
    ["authentic", "a put for a delete", { responses: [first, third, pair, changed(event(6n), { type: "put" })] }],
    ["bookmarkable", "an event at or below a notice", { responses: [first, third, early, pair] }],
    ["bookmarkable", "a notice that goes back", { responses: [first, third, notice(4n), notice(3n, 5n)] }],
    ["bookmarkable", "a notice below an event", { responses: [first, third, notice(3n, 5n)] }],
    ["resumable", "the first one left out", { responses: [third] }],
    ["resumable", "one from before the start", { asked: asking({ startRevision: 3n }), responses: [first, third] }],
    ["resumable", "an event, and never created", { asked: asking({ startRevision: 0n }), created: undefined }],
    ["reliable", "a revision lost in the middle", { responses: [first, second, pair] }],
    ["reliable", "a key of a revision lost", { responses: [first, third, answer(event(5n, "a/3"))] }],
    ["reliable", "one lost before a notice", { responses: [first, notice(4n)] }],
    ["reliable", "one lost before the reader's revision", { responses: [first, second], resumeRevision: 5n }],
    [
      "reliable",
      "the end of the prefix lost before a compaction",
      { responses: [first], endings: [{ kind: "compacted", requestedRevision: 5n, compactRevision: 7n }], endedByUser: false },
    ],
    ["reliable", "the keys of a revision swapped", { responses: [first, third, answer(event(5n, "a/3"), event(5n, "a/2"))] }],
    ["isCreate", "a put of a key that was there", { responses: [first, changed(event(4n), { isCreate: true })] }],
    ["isCreate", "a put after a delete", { responses: [first, third, pair, answer(event(6n), { ...event(7n), isCreate: false })] }],
    ["prevKv", "not there", { responses: [first, changed(event(4n), { prevKv: undefined })] }],
    ["prevKv", "an older one", { responses: [first, third, pair, changed(event(6n), { prevKv: kv("a/1", 2n) })] }],
    ["prevKv", "of a create", { responses: [changed(event(2n), { prevKv: kv("a/1", 1n) })] }],
    ["prevKv", "not asked for", { asked: asking({ prevKv: false }) }],
    [
      "resumeRevision",
      "goes back",
      {
        responses: [first, { ...second, resumeRevision: 3n }, { ...notice(3n), resumeRevision: 4n }, { ...notice(3n), resumeRevision: 3n }],
      },
    ],
    ["resumeRevision", "at the event that was delivered", { responses: [{ ...first, resumeRevision: 2n }, third] }],
    ["resumeRevision", "beyond one that was not yet", { responses: [{ ...first, resumeRevision: 5n }, third] }],
    ["progressAnswers", "an event after it that is not above it", { progressAnswers: [{ revision: 5n, responses: 3 }] }],
    [
      "progressAnswers",
      "before the watch is there",
      { asked: asking({ startRevision: 0n }), created: undefined, progressAnswers: [{ revision: 1n, responses: 0 }] },
    ],
    ["wireCreates", "from before an earlier create", onWire(late(1n, 0n), late(6n, 5n), late(5n, 5n))],
    ["wireCreates", "from before what was asked for", onWire(late(0n, 0n))],
    ["wireCreates", "from what was delivered", onWire(late(1n, 0n), late(5n, 5n, 5n))],
    ["wireCreates", "from beyond what was received, as the header's revision is", onWire(late(1n, 0n), late(7n, 4n))],
    [
      "wireCreates",
      "from now again",
      { asked: asking({ startRevision: 0n }), created: { revision: 1n }, ...onWire(late(0n, 0n), late(9n, 0n)) },
    ],
    ["wireDelivered", "what came is not there", { responses: [first, pair, fifth], wire: onServer("2 a/1", "4 a/1", ...rest) }],
    [
      "wireDelivered",
      "what came is not there at the end",
      { responses: all.slice(0, 4), dueRevision: 7n, wire: onServer("2 a/1", "4 a/1", ...rest) },
    ],
    ["wireDelivered", "what never came", { wire: onServer("2 a/1", ...rest) }],
    ["wireDelivered", "twice", { responses: [first, first, third], wire: onServer("2 a/1", "4 a/1") }],
    ["wireDelivered", "back", { responses: [third, { ...first, resumeRevision: 5n }], wire: onServer("2 a/1", "4 a/1") }],
    ["wireDelivered", "the keys of a revision swapped", { wire: onServer("2 a/1", "4 a/1", "5 a/3", "5 a/2", "6 a/1", "7 a/1") }],
    ["oneServerWatch", "two at a time", { wire: { creates: [], mostLive: 2 } }],
    ["oneOutcome", "two of them", { endings: [{ kind: "quiet" }, { kind: "quiet" }] }],
    ["oneOutcome", "none", { endings: [] }],
    ["oneOutcome", "a response after the end", { afterEnd: 1 }],
    ["oneOutcome", "a quiet end that nobody wanted", { endedByUser: false }],
    ["oneOutcome", "an error", { endings: [{ kind: "error", error: "UNAVAILABLE: no" }] }],
    ["oneOutcome", "a compaction that nobody made", { endings: [{ kind: "compacted", requestedRevision: 8n, compactRevision: 9n }] }],
    [
      "oneOutcome",
      "a compaction without a revision",
      { endings: [{ kind: "compacted", requestedRevision: 8n, compactRevision: undefined }] },
    ],
    ["oneOutcome", "gone, and delivered", { endings: [{ kind: "compacted", requestedRevision: 3n, compactRevision: 4n }] }],
    ["oneOutcome", "created that never settles", { created: undefined }],
    ["live", "the last one does not come", { responses: [first, second, third, fourth], dueRevision: 7n }],
    ["live", "not even created", { asked: asking({ startRevision: 0n }), created: undefined, responses: [], dueRevision: 7n }],
  ])("%s: %s", (guarantee, _, fields) => {
    expect(names(checkRecord(record(fields), truth))).toContain(guarantee);
  });

  it("is not said to break those that it keeps", () => {
    expect(names(checkRecord(record({ responses: [first, second, pair] }), truth))).toEqual(["reliable", "resumeRevision"]);
    expect(names(checkRecord(record({ responses: [first, third, pair, { ...fifth, events: [event(6n)] }] }), truth))).toEqual([
      "reliable",
      "resumeRevision",
    ]);
    expect(names(checkRecord(record({ wire: { creates: [], mostLive: 2 } }), truth))).toEqual(["oneServerWatch"]);
  });
});

describe("What is left after close", () => {
  it("is told by name", () => {
    expect(nothingLeft({ "watches on the server": 0, timers: 2, "open calls": 1 })).toEqual([
      "2 timers left after close",
      "1 open calls left after close",
    ]);
    expect(nothingLeft({ "watches on the server": 0, timers: 0 })).toEqual([]);
  });
});

describe("A truth that cannot be true", () => {
  it.each<[string, readonly { type: "put" | "delete"; kv: RecordedKv }[]]>([
    [
      "goes back",
      [
        { type: "put", kv: kv("a", 3n) },
        { type: "put", kv: kv("b", 2n) },
      ],
    ],
    [
      "twice",
      [
        { type: "put", kv: kv("a", 3n) },
        { type: "put", kv: kv("a", 3n, { version: 2n }) },
      ],
    ],
    ["was not there", [{ type: "delete", kv: tombstone("a", 2n) }]],
    [
      "version",
      [
        { type: "put", kv: kv("a", 2n) },
        { type: "put", kv: kv("a", 3n, { version: 3n }) },
      ],
    ],
  ])("is refused: %s", (problem, changes) => {
    expect(() => new Truth(changes)).toThrow(problem);
  });
});
