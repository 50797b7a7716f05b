import type { ChosenFault } from "./chosen-fault.ts";
import { EVENT_PATH_FAULTS } from "./event-path-faults.ts";
import { LATE_FAULTS } from "./late-faults.ts";
import { MESSAGE_FAULTS } from "./message-faults.ts";
import { WATCH_FAULTS } from "./watch-faults.ts";
import { WIRE_FAULTS } from "./wire-faults.ts";

const WATCH_TESTS = ["test/unit/watch"];

/** Faults that a client of etcd could well have; several of them are what other clients do to this day. */
const AUTHORS: readonly Omit<ChosenFault, "by">[] = [
  {
    name: "resumes at the header's revision + 1 after events (gazette/core#336)",
    file: "src/watch/next-revision.ts",
    find: "if (lastRevision !== 0) return larger(current, successor(lastRevision));",
    replace: "if (lastRevision !== 0) return larger(current, successor(headerRevision));",
    tests: WATCH_TESTS,
  },
  {
    name: "resumes at the last event, which comes twice",
    file: "src/watch/next-revision.ts",
    find: "if (lastRevision !== 0) return larger(current, successor(lastRevision));",
    replace: "if (lastRevision !== 0) return larger(current, lastRevision);",
    tests: WATCH_TESTS,
  },
  {
    name: "resumes at the notice's revision, whose event comes twice (etcd-io/etcd#15248)",
    file: "src/watch/next-revision.ts",
    find: "return larger(current, successor(headerRevision));",
    replace: "return larger(current, headerRevision);",
    tests: WATCH_TESTS,
  },
  {
    name: "a notice lowers the cursor",
    file: "src/watch/next-revision.ts",
    find: "return larger(current, successor(headerRevision));",
    replace: "return successor(headerRevision);",
    tests: WATCH_TESTS,
  },
  {
    name: "the created of a resume moves the cursor (jetcd#946)",
    file: "src/watch/next-revision.ts",
    find: "if (created) return current === 0 ? successor(headerRevision) : current;",
    replace: "if (created) return larger(current, successor(headerRevision));",
    tests: WATCH_TESTS,
  },
  {
    name: "a from-now watch stays at 0 until an event comes",
    file: "src/watch/next-revision.ts",
    find: "if (created) return current === 0 ? successor(headerRevision) : current;",
    replace: "if (created) return current;",
    tests: WATCH_TESTS,
  },
  {
    name: "a compaction's answer moves the cursor",
    file: "src/watch/next-revision.ts",
    find: "if (canceled || headerRevision === 0) return current;",
    replace: "if (headerRevision === 0) return 1;",
    tests: WATCH_TESTS,
  },
  {
    name: "watches that were served are forgotten when the connection goes",
    file: "src/watch/resume-queue.ts",
    find: "for (const watch of substreams) this.#waiting.add(watch);",
    replace: "for (const watch of []) this.#waiting.add(watch);",
    tests: WATCH_TESTS,
  },
  {
    name: "a create in flight is forgotten when the connection goes",
    file: "src/watch/resume-queue.ts",
    find: "for (const { watch } of this.#inFlight) if (watch !== undefined) this.#waiting.add(watch);",
    replace: "",
    tests: WATCH_TESTS,
  },
  {
    name: "requests in flight on a dead connection still count",
    file: "src/watch/resume-queue.ts",
    find: "    this.#inFlight.clear();",
    replace: "",
    tests: WATCH_TESTS,
  },
  {
    name: "a create that was cancelled in flight is given to the next in the queue",
    file: "src/watch/resume-queue.ts",
    find: "for (const slot of this.#inFlight) if (slot.watch === watch) slot.watch = undefined;",
    replace: "this.#inFlight.clear();",
    tests: WATCH_TESTS,
  },
  {
    name: "an unknown id is cancelled for each of its events",
    file: "src/watch/cancelled-ids.ts",
    find: "    this.#unanswered.add(watchId);\n",
    replace: "",
    tests: WATCH_TESTS,
  },
  {
    name: "the dead id of a compaction is not cancelled, and blocks progress",
    file: "src/watch/watch-connection.ts",
    find: "if (message.compactRevision !== 0) this.#cancelled.cancel(watchId);",
    replace: "",
    tests: WATCH_TESTS,
  },
  {
    name: "an abandoned create is left on the server",
    file: "src/watch/watch-connection.ts",
    find: "      this.#cancelled.cancel(watchId); // abandoned while in flight",
    replace: "      void 0;",
    tests: WATCH_TESTS,
  },
  {
    name: "compact_revision without canceled is taken for an event (k3s-io/kine#373)",
    file: "src/watch/watch-connection.ts",
    find: "else if (message.canceled || message.compactRevision !== 0) this.#onCanceled(message);",
    replace: "else if (message.canceled) this.#onCanceled(message);",
    tests: WATCH_TESTS,
  },
  {
    name: "a requested notice is relied on whatever the server's version (etcd-io/etcd#15220)",
    file: "src/watch/server-queries.ts",
    find: "return isProgressOrdered(await",
    replace: "return Boolean(await",
    tests: WATCH_TESTS,
  },
  {
    name: "the pieces of a cancelled watch are kept",
    file: "src/watch/fragment-assembler.ts",
    find: "    this.#parts.delete(watchId);\n  }",
    replace: "  }",
    tests: WATCH_TESTS,
  },
  {
    name: "fragments of all watches are put into one answer (clientv3)",
    file: "src/watch/fragment-assembler.ts",
    find: "const part = this.#parts.get(message.watchId);",
    replace: "const part = [...this.#parts.values()][0];",
    tests: WATCH_TESTS,
  },
  {
    name: "a torn revision is handed over when the buffer is full",
    file: "src/watch/fragment-assembler.ts",
    find: "const complete = tailStart === -1 ? events : events.slice(0, tailStart);",
    replace: "const complete = events;",
    tests: WATCH_TESTS,
  },
  {
    name: "the reader's cursor is at what was received, not at what was taken",
    file: "src/watch/watcher-stream.ts",
    find: "return asBigInt(inHand > this.#taken64 ? inHand : this.#taken64);",
    replace: "return asBigInt(this.#next64);",
    tests: WATCH_TESTS,
  },
  {
    name: "events below the start are delivered (etcd-io/etcd#20221)",
    file: "src/watch/watcher-stream.ts",
    find: "const wanted = notBelow(events, from);",
    replace: "const wanted = events;",
    tests: WATCH_TESTS,
  },
  {
    name: "a watch that is parked is never created again",
    file: "src/watch/watcher-stream.ts",
    find: "this.#home.unpark(this);",
    replace: "void 0;",
    tests: WATCH_TESTS,
  },
  {
    name: "an end throws away what was received before it",
    file: "src/watch/watcher-stream.ts",
    find: 'if (outcome.kind === "quiet") this.#buffer?.clear();',
    replace: "this.#buffer?.clear();",
    tests: WATCH_TESTS,
  },
  {
    name: "the stream is left open when its last watch has gone (etcd-io/etcd#20484)",
    file: "src/watch/watch-grpc-stream.ts",
    find: "if (this.#places.size === 1) this.#shut();",
    replace: "",
    tests: WATCH_TESTS,
  },
  {
    name: "a clean end of the stream ends its watches (clientv3)",
    file: "src/watch/stream-verdict.ts",
    find: '    case "OK":\n    case "CANCELLED":',
    replace: '    case "OK":\n      return "end";\n    case "CANCELLED":',
    tests: WATCH_TESTS,
  },
  {
    name: "a call that hits PERMISSION_DENIED is tried for ever",
    file: "src/watch/stream-verdict.ts",
    find: '    case "PERMISSION_DENIED":\n',
    replace: '    case "PERMISSION_DENIED":\n      return "retry";\n',
    tests: WATCH_TESTS,
  },
];

export const CHOSEN_FAULTS: readonly ChosenFault[] = [
  ...[...AUTHORS, ...LATE_FAULTS].map((fault) => ({ ...fault, by: "author" as const })),
  ...[...WATCH_FAULTS, ...WIRE_FAULTS, ...EVENT_PATH_FAULTS, ...MESSAGE_FAULTS].map((fault) => ({ ...fault, by: "reader" as const })),
];
