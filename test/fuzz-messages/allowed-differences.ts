import type { Oddity } from "./wire-oddities.ts";

/** A way in which google-protobuf may read a message otherwise than the generated codec, and so than ours. */
interface AllowedDifference {
  readonly oddity: Oddity;
  /** It refuses what the generated codec takes; it takes what that refuses; it takes other values from it. */
  readonly what: readonly ("refused" | "accepted" | "values")[];
  readonly why: string;
}

/**
 * Between our decoder and the generated codec nothing is allowed. Between the two libraries this is, all of it in bytes that no protobuf
 * writer makes.
 */
export const allowedDifferences: readonly AllowedDifference[] = [
  {
    oddity: "field number 0",
    what: ["refused"],
    why: "the generated codec takes a tag of 0 for the end of the message that it stands in",
  },
  {
    oddity: "end of no group",
    what: ["refused"],
    why: "the generated codec takes it for the end of the message that it stands in",
  },
  {
    oddity: "over the end of its message",
    what: ["refused"],
    why: "the generated codec lets the last field of an inner message end where it says, and goes on behind it",
  },
  {
    oddity: "tag of more than 32 bits",
    what: ["refused", "accepted", "values"],
    why: "the generated codec drops what is over 32 bits, except in a group, where it refuses them",
  },
  {
    oddity: "length of 2^31 or more",
    what: ["refused"],
    why: "the generated codec drops what is over 32 bits",
  },
  {
    oddity: "varint of more than 10 bytes",
    what: ["refused"],
    why: "the generated codec skips one of any length in a field that it does not know",
  },
  {
    oddity: "varint of more than 64 bits",
    what: ["values"],
    why: "a bool of which only bits above the 64th are set is true to google-protobuf",
  },
  {
    oddity: "byte order mark",
    what: ["values"],
    why: "google-protobuf takes it off",
  },
  {
    oddity: "end of another group",
    what: ["refused"],
    why: "the generated codec does not look at the number of the end of an outermost group",
  },
  {
    oddity: "no UTF-8",
    what: ["refused"],
    why: "the generated codec puts U+FFFD there, as a reason is for people",
  },
];
