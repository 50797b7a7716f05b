import type { CommandSpec } from "./command-spec.ts";
import type { Flag } from "./flag.ts";

function bool(name: string, help: string): Flag {
  return { name, kind: "bool", defaultText: "false", help };
}

function revision(name: string, help: string): Flag {
  return { name, kind: "int64", defaultText: "0", help };
}

export const prefix = bool("prefix", "every key that starts with <key>");
const fromKey = bool("from-key", "every key from <key> on, in the order of bytes");
const prevKv = bool("prev-kv", "also the key as it was before");

const interactive: Flag = { name: "interactive", short: "i", kind: "bool", defaultText: "false", help: "" };

/** The flags of a watch, which are also those of a line of `watch -i`. */
export const watchFlags: readonly Flag[] = [
  { ...interactive, help: "read lines from standard input: watch [options] <key> [range_end], or progress" },
  prefix,
  { ...prevKv, help: "also each key as it was before the change" },
  bool("progress-notify", "print up to where a quiet watch has seen everything, whenever the server tells"),
  revision("rev", "the first revision to see; 0 is from now on"),
];

export const watch: CommandSpec = {
  name: "watch",
  usage: "[options] [<key> [range_end]] [-- command [argument...]]",
  summary: "Prints changes of keys as they happen, until Ctrl-C",
  description: `A lost connection is no end: the watch goes on from the next revision, and nothing is lost or printed twice.

A command after -- is run once for each event, one after the other, with these in its environment (quoted as Go quotes):
  ETCD_WATCH_REVISION, ETCD_WATCH_EVENT_TYPE ("PUT" or "DELETE"), ETCD_WATCH_KEY, ETCD_WATCH_VALUE

ETCDCTL_WATCH_KEY and ETCDCTL_WATCH_RANGE_END stand for the arguments when those are left out.`,
  examples: [
    ["watch config/ --prefix", "every key under config/, from now on"],
    ["watch hello --rev=1 -w=json", "every change there ever was of one key, one line of JSON each"],
    ["watch config/ --prefix -- sh -c 'echo $ETCD_WATCH_KEY'", "run something for each change"],
  ],
  flags: watchFlags,
  shared: "connection and output",
};

export const get: CommandSpec = {
  name: "get",
  usage: "[options] <key> [range_end]",
  summary: "Reads a key, or a range of keys",
  description: "With a range_end: every key from <key> up to it, which is left out. A key that does not exist is no error.",
  examples: [
    ["get hello", "the key and its value, one a line"],
    ["get config/ --prefix --keys-only", "which keys there are under config/"],
    ["get hello --rev 5 -w json", "as it was at revision 5"],
  ],
  flags: [
    { name: "consistency", kind: "string", defaultText: "l", help: "l: what the cluster agrees on; s: what one member has, faster" },
    bool("count-only", "only how many keys there are (json and fields)"),
    fromKey,
    bool("keys-only", "without the values"),
    revision("limit", "no more keys than this; 0 is all"),
    revision("max-create-rev", "only keys created at this revision or before"),
    revision("max-mod-rev", "only keys last changed at this revision or before"),
    revision("min-create-rev", "only keys created at this revision or later"),
    revision("min-mod-rev", "only keys last changed at this revision or later"),
    { name: "order", kind: "string", defaultText: "", help: "ASCEND or DESCEND" },
    prefix,
    bool("print-value-only", "without the keys (simple only)"),
    revision("rev", "the keys as they were at this revision; 0 is now"),
    { name: "sort-by", kind: "string", defaultText: "", help: "CREATE, KEY, MODIFY, VALUE or VERSION" },
  ],
  shared: "connection and output",
};

export const put: CommandSpec = {
  name: "put",
  usage: "[options] <key> [value]",
  summary: "Writes a key",
  description: `Without a value, what comes over standard input is the value.
A value that begins with - is taken for a flag; put -- before it: put <key> -- <value>.`,
  examples: [
    ["put hello world", "write one key"],
    ["put config < config.json", "the content of a file"],
    ["put services/a 10.0.0.1 --lease 694d77aa9e38260f", "gone when the lease is"],
  ],
  flags: [
    bool("ignore-lease", "keep the lease that the key has"),
    bool("ignore-value", "keep the value that the key has"),
    { name: "lease", kind: "string", defaultText: "0", help: "hang the key on this lease, in hexadecimal" },
    prevKv,
  ],
  shared: "connection and output",
};

export const del: CommandSpec = {
  name: "del",
  usage: "[options] <key> [range_end]",
  summary: "Deletes a key, or a range of keys",
  description: "Prints how many keys were deleted.",
  examples: [
    ["del hello", "one key"],
    ["del config/ --prefix --prev-kv", "every key under config/, and show what they were"],
  ],
  flags: [fromKey, prefix, { ...prevKv, help: "also the deleted keys as they were" }, { ...bool("range", ""), hidden: true }],
  shared: "connection and output",
};

export const txn: CommandSpec = {
  name: "txn",
  usage: "[options]",
  summary: "Does several reads and writes as one, depending on conditions",
  description: `Reads three lists from standard input, each ended by an empty line:
  1. conditions:     mod("key") > "0"     also: create, version, value, lease; = != > <
  2. what to do if they all hold:     get, put and del as on the command line
  3. what to do else`,
  examples: [
    ["txn -i", "names each list before it is read"],
    [`txn <<< $'create("lock") = "0"\\n\\nput lock me\\n\\nget lock\\n\\n'`, "write lock only if it does not exist"],
  ],
  flags: [{ ...interactive, help: "name each list before it is read" }],
  shared: "connection and output",
};

export const compaction: CommandSpec = {
  name: "compaction",
  usage: "[options] <revision>",
  summary: "Throws away what was overwritten or deleted before a revision",
  description: "Older revisions can then neither be read nor watched.",
  examples: [["compact 1234", "a word is enough of a command that no other begins with"]],
  flags: [bool("physical", "answer only when the old revisions are gone from the disk")],
  shared: "connection and output",
};
