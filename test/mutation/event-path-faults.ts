import { type ChosenFault, inFile } from "./chosen-fault.ts";

const WATCH_TESTS = ["test/unit/watch"];

/** Faults of the way of an event, from its message to the loop of a user, that a reader chose when that way was new. */
export const EVENT_PATH_FAULTS: readonly Omit<ChosenFault, "by">[] = [
  ...inFile("src/watch/unread-bytes.ts", WATCH_TESTS, [
    {
      name: "a watch may hold no more than a share of the ceiling, however little the others hold",
      find: "this.#bytes <= this.#ceilingBytes ? maxBytes : ",
      replace: "",
    },
    {
      name: "above the ceiling a watch may hold more than its own bound",
      find: "Math.min(maxBytes, ",
      replace: "Math.max(maxBytes, ",
    },
  ]),
  ...inFile("src/watch/event-buffer.ts", WATCH_TESTS, [
    {
      name: "what an ended watch leaves unread counts for ever",
      find: "    this.#shared?.add(-this.#byteLength);\n",
      replace: "",
    },
    {
      name: "a response that was taken keeps all behind it in memory",
      find: "    buffered.following = undefined; // who keeps this one must not keep those behind it\n",
      replace: "",
    },
    {
      name: "what is pushed after the buffer was emptied is lost",
      find: "if (this.#first === undefined) this.#last = undefined;",
      replace: "",
    },
  ]),
  ...inFile("src/watch/watch-reader.ts", WATCH_TESTS, [
    {
      name: "a next() that was called ahead is not answered by a response that is handed over",
      find: "this.#waiting = this.#later?.shift();\n    resolve({ done: false, value: item });",
      replace: "this.#waiting = undefined;\n    resolve({ done: false, value: item });",
    },
    {
      name: "of three next() calls the last is answered second",
      find: "(this.#later ??= new Deque()).push(resolve);",
      replace: "(this.#later ??= new Deque()).unshift(resolve);",
    },
    {
      name: "what is handed over is not decoded",
      find: "      decodeAll(response, this.#decode);\n",
      replace: "",
    },
    {
      name: "a response whose decoder has ended the watch counts as delivered when it is handed over",
      find: "if (resolve !== this.#waiting) return false;",
      replace: "",
    },
    {
      name: "a response whose decoder has ended the watch is delivered when it was in the buffer",
      find: "return this.watch.isLeft ? undefined : buffered;",
      replace: "return buffered;",
    },
    {
      name: "events() stands behind a revision that it is in the middle of",
      find: "if (this.#events[this.#seen + 1]?.kv.modRevision64 !== revision) this",
      replace: "this",
    },
    {
      name: "events() stands before an answer until its last event",
      find: "return this.#seen64;",
      replace: "return 0;",
    },
    {
      name: "events() gives the rest of a response after the watch was cancelled",
      find: "this.watch.isLeft || (this.#index === this.#events.length && !this.#takeEvents())",
      replace: "this.#index === this.#events.length && !this.#takeEvents()",
    },
    {
      name: "why a watch ended is thrown by each next()",
      find: "    this.#told = true;\n    return Promise.reject(outcome.error);",
      replace: "    return Promise.reject(outcome.error);",
    },
  ]),
  ...inFile("src/watch/watch-created.ts", WATCH_TESTS, [
    {
      name: "the word on a create is forgotten if nobody had asked for it",
      find: "if (creation === undefined && (word instanceof WatchCreated || word instanceof Error)) return word;",
      replace: "if (creation === undefined) return undefined;",
    },
    {
      name: "a `created` that is rejected and not looked at ends the process",
      find: "asked.promise.catch(() => undefined);",
      replace: "",
    },
    {
      name: "a watch that was created, and ended before anybody asked, was never created",
      find: "if (creation !== undefined && !isAsked(creation)) return creation;",
      replace: "if (creation !== undefined && !isAsked(creation)) return creation instanceof Promise ? creation : word;",
    },
  ]),
  ...inFile("src/watch/late-creates.ts", WATCH_TESTS, [
    {
      name: "a server that says for ever that what it has is gone is asked for ever",
      find: "if (isCompactedError(error) && refusals.backoff.attempt >= MOST_ODD_COMPACTIONS) return false;",
      replace: "",
    },
    {
      name: "a proxy that stays without a server ends its watches",
      find: "if (isCompactedError(error) && refusals",
      replace: "if (refusals",
    },
    {
      name: "refusals of hours ago count",
      find: " || nowMs - refusals.lastAtMs > FORGET_AFTER_MS",
      replace: "",
    },
    {
      name: "a watch that was refused stays parked",
      find: "if (!this.#signal.aborted) this.#places.unpark(watch);",
      replace: "",
    },
    {
      name: "a watch stays parked when its start is known",
      find: "watch.startAfter(revision);\n    this.#places.unpark(watch);",
      replace: "watch.startAfter(revision);",
    },
  ]),
  ...inFile("src/watch/cancel-reason.ts", WATCH_TESTS, [
    {
      name: "a compaction up to where the watch is ends it",
      find: "nextRevision >= error.compactRevision",
      replace: "nextRevision > error.compactRevision",
    },
    {
      name: "a compaction of just what is needed is taken for one that may pass",
      find: "nextRevision >= error.compactRevision",
      replace: "BigInt(nextRevision) + 1n >= error.compactRevision",
    },
    {
      name: "a compaction without a revision is taken for one that may pass",
      find: "return error.compactRevision !== undefined && nextRevision",
      replace: "return error.compactRevision === undefined || nextRevision",
    },
    {
      name: "a proxy that has no server just now ends its watches",
      find: 'return error.code === "UNAVAILABLE";',
      replace: "return false;",
    },
  ]),
  ...inFile("src/watch/watcher-stream.ts", WATCH_TESTS, [
    {
      name: "a response that is handed over comes out of the buffer once more",
      find: "    } else if (this.#outcome === undefined) {",
      replace: "    }\n    if (this.#outcome === undefined) {",
    },
    {
      name: "what is in the buffer counts as taken",
      find: "if (this.bufferedResponses === 0 && !this.#inHand && !this.isLeft) this.#taken64",
      replace: "if (!this.#inHand && !this.isLeft) this.#taken64",
    },
    {
      name: "a notice that the reader does not see leaves resumeRevision behind",
      find: "if (this.bufferedResponses === 0 && !this.#inHand && !this.isLeft) this.#taken64 = this.#next64;",
      replace: "",
    },
    {
      name: "a watch that is left in the middle of a response goes on listening to its signal",
      find: "this.isLeft || (this.bufferedResponses === 0 && !this.#inHand)",
      replace: "this.bufferedResponses === 0 && !this.#inHand",
    },
    {
      name: "the rest of a response that is in hand counts as taken",
      find: "    this.#inHand = true;\n",
      replace: "",
    },
    {
      name: "a reader is behind only while the buffer is full",
      find: "return this.bufferedBytes > this.limitBytes / 2;",
      replace: "return this.bufferedBytes > this.limitBytes;",
    },
    {
      name: "a watch that the ceiling has parked is created again at the next read",
      find: "return this.bufferedBytes > this.limitBytes / 2;",
      replace: "return this.bufferedBytes > this.spec.maxBytes / 2;",
    },
    {
      name: "the ceiling for all watches parks none",
      find: "this.bufferedBytes > this.limitBytes;",
      replace: "this.bufferedBytes > this.spec.maxBytes;",
    },
    {
      name: "the ceiling for all watches ends those that would rather fail than be parked",
      find: 'return whenFull === "park" ? this.#shared.unread.limit(maxBytes) : maxBytes;',
      replace: "return whenFull === undefined ? maxBytes : this.#shared.unread.limit(maxBytes);",
    },
    {
      name: "watches that have ended make the share of the others small",
      find: "    this.#shared.unread.leave();\n",
      replace: "",
    },
    {
      name: "a `created` that a proxy made up says where the store is",
      find: " && !(message.created && clusterId === 0n)",
      replace: "",
    },
    {
      name: "each time that it is created again, the reader is told",
      find: "    if (this.#isCreated) {\n",
      replace: "    if (this.#isCreated && this.spec.maxBytes < 0) {\n",
    },
  ]),
];
