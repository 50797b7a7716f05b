import { type ChosenFault, inFile } from "./chosen-fault.ts";

const WATCH_TESTS = ["test/unit/watch"];

/** Faults that the message fuzzer found in the code, put back; and of what was changed with them. */
export const LATE_FAULTS: readonly Omit<ChosenFault, "by">[] = [
  ...inFile(
    "src/codec/event-decoder.ts",
    ["test/unit/codec"],
    [
      {
        name: "an event type below 0 is taken for what it is with 64 bits",
        find: "type = number === 0 || number === 1 ? number :",
        replace: "type = number < 2 ? number :",
      },
    ],
  ),
  ...inFile(
    "src/codec/watch-message.ts",
    ["test/unit/codec"],
    [
      {
        name: "of several events the last one is left",
        find: "else events.push(event);",
        replace: "else events = [event];",
      },
    ],
  ),
  ...inFile("src/watch/fragment-assembler.ts", WATCH_TESTS, [
    {
      name: "a piece of unknown events may go back",
      find: "const begins = first?.kv.modRevision64 ?? message.lastRevision;",
      replace: "const begins = first?.kv.modRevision64 ?? 0;",
    },
    {
      name: "an empty piece over the limit tears a revision",
      find: "message.lastRevision === 0 ? events.at(-1)?.kv.modRevision64 : message.lastRevision",
      replace: "message.lastRevision",
    },
    {
      name: "the last piece of an answer is taken for a whole one",
      find: "return fragment || (this.#parts.size > 0 && this.#parts.has(watchId));",
      replace: "return fragment;",
    },
  ]),
  ...inFile("src/watch/progress-request.ts", WATCH_TESTS, [
    {
      name: "a request for progress outlives its watch while the store's revision is read",
      find: "limit.abort(error);",
      replace: "void error;",
    },
  ]),
  ...inFile("src/watch/cluster-guard.ts", WATCH_TESTS, [
    {
      name: "a revision that goes back is not looked into",
      find: "header.clusterId === watch.clusterId && header.revision64 >= watch.latest64 ?",
      replace: "header.clusterId === watch.clusterId ?",
    },
    {
      name: "an answer of another cluster is taken for this one's",
      find: "header.clusterId === watch.clusterId && header.revision64 >= watch.latest64 ?",
      replace: "header.revision64 >= watch.latest64 ?",
    },
  ]),
  ...inFile("src/watch/watch-reader.ts", WATCH_TESTS, [
    {
      name: "events() looks at a new response from where it was in the last one",
      find: "this.#index = this.#seen = this.#seen64 = 0;",
      replace: "this.#index = 0;",
    },
  ]),
];
