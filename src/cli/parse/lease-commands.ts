import type { CommandSpec } from "./command-spec.ts";

const shared = "connection and output";

export const leaseCommands: readonly CommandSpec[] = [
  {
    name: "lease grant",
    usage: "<ttl>",
    summary: "Makes a lease that lives so many seconds",
    description:
      "Keys that hang on it are deleted when it runs out or is revoked. Prints its id, in hexadecimal, as other commands take it.",
    examples: [["lease grant 60", "for a minute, unless it is kept alive"]],
    flags: [],
    shared,
  },
  {
    name: "lease revoke",
    usage: "<lease>",
    summary: "Ends a lease, and deletes its keys",
    examples: [["lease revoke 694d77aa9e38260f", ""]],
    flags: [],
    shared,
  },
  {
    name: "lease timetolive",
    usage: "<lease> [options]",
    summary: "Tells what is left of a lease's time",
    examples: [["lease timetolive 694d77aa9e38260f --keys", "and which keys hang on it"]],
    flags: [{ name: "keys", kind: "bool", defaultText: "false", help: "also the keys that hang on it" }],
    shared,
  },
  { name: "lease list", usage: "", summary: "Lists every lease", examples: [["lease list -w json", ""]], flags: [], shared },
  {
    name: "lease keep-alive",
    usage: "[options] <lease>",
    summary: "Renews a lease, again and again, until Ctrl-C",
    description: "Ends by itself when the lease has run out or was revoked.",
    examples: [
      ["lease keep-alive 694d77aa9e38260f", "as long as it runs"],
      ["lease keep-alive 694d77aa9e38260f --once", "one renewal"],
    ],
    flags: [{ name: "once", kind: "bool", defaultText: "false", help: "renew it once and end" }],
    shared,
  },
];
