import { type ChosenFault, inFile } from "./chosen-fault.ts";

/** Faults of the way of a message, from the socket to its numbers, that a reader chose when that way was new. */
export const MESSAGE_FAULTS: readonly Omit<ChosenFault, "by">[] = [
  ...inFile(
    "src/util/turn-clock.ts",
    ["test/unit/util"],
    [
      {
        name: "the time of the first turn is the time for ever",
        find: "    setImmediate(this.#forget);\n",
        replace: "",
      },
      {
        name: "the clock is read with each message",
        find: "return this.#nowMs ?? this.#ask();",
        replace: "return this.#ask();",
      },
    ],
  ),
  ...inFile(
    "src/model/int64.ts",
    ["test/unit/model", "test/unit/codec", "test/unit/watch"],
    [
      {
        name: "what comes after the last number is a number",
        find: "value < LARGEST_NUMBER ? value + 1",
        replace: "value <= LARGEST_NUMBER ? value + 1",
      },
      {
        name: "the first bigint is a number",
        find: "value < FIRST_BIGINT",
        replace: "value <= FIRST_BIGINT",
      },
      {
        name: "a negative int64 is a number",
        find: "value >= 0n && ",
        replace: "",
      },
    ],
  ),
  ...inFile(
    "src/transport/grpc-duplex-call.ts",
    ["test/unit/transport"],
    [
      {
        name: "messages overtake each other while one is being written",
        find: "this.#unwritten.push(bytes);",
        replace: "this.#unwritten.unshift(bytes);",
      },
      {
        name: "a message is written while another one is",
        find: "if (this.#isWriting) this.#unwritten.push(bytes);\n    else ",
        replace: "",
      },
      {
        name: "what waits for another message to be written stays here",
        find: "if (next !== undefined) this.#send(next);",
        replace: "",
      },
      {
        name: "handlers are called after cancel()",
        find: "this.#leave();\n    if (elsewhere)",
        replace: "if (elsewhere)",
      },
      {
        name: "only the first message of a stream is read",
        find: "    this.#call.startRead(); // grpc-js fetches the next one while this one is dealt with\n",
        replace: "",
      },
      {
        name: "nothing of a stream is read",
        find: "if (status === undefined) this.#call.startRead();",
        replace: "if (status === undefined) return;",
      },
    ],
  ),
  ...inFile(
    "src/codec/varint.ts",
    ["test/unit/codec"],
    [
      {
        name: "a small number that somebody wrote in ten bytes is a bigint",
        find: "asInt64(BigInt.asIntN(64,",
        replace: "(BigInt.asIntN(64,",
      },
      {
        name: "a varint of ten bytes that never ends is taken",
        find: "throw NOT_PLAIN;\n}\n\n/** Beyond",
        replace: "return low;\n}\n\n/** Beyond",
      },
    ],
  ),
];
