import type { CommandSpec } from "./command-spec.ts";
import type { Flag } from "./flag.ts";
import { prefix, watchFlags } from "./kv-commands.ts";

function text(name: string, help: string, defaultText = ""): Flag {
  return { name, kind: "string", defaultText, help };
}

export const mirror: CommandSpec = {
  name: "make-mirror",
  aliases: ["mirror"],
  usage: "[options] <destination>",
  summary: "Copies keys into another cluster, and keeps the copy up to date",
  description: `Reads the keys as they are, writes them into the cluster at <destination>, then every change of them as it happens.
What is one revision there becomes one transaction here. After a lost connection it goes on from where it was; when the
revisions between are compacted, it lists again and writes only the difference. Prints how many keys it has written, every
30 seconds. Keys of the destination that the source never had are left alone.`,
  examples: [
    ["mirror backup:2379", "everything"],
    ["mirror --prefix config/ --dest-prefix copy/ backup:2379", "config/a becomes copy/a"],
    ["mirror --prefix config/ --no-dest-prefix backup:2379", "config/a becomes a"],
  ],
  flags: [
    text("dest-cacert", "PEM file of the authority that signed the destination's certificates"),
    text("dest-cert", "PEM file of the client's own certificate there"),
    { name: "dest-insecure-transport", kind: "bool", defaultText: "true", help: "without certificates and https://, do without TLS there" },
    text("dest-key", "PEM file of its key"),
    text("dest-password", "the password of --dest-user"),
    text("dest-prefix", "what takes the place of --prefix in the copy"),
    text("dest-user", "name[:password] to log in with there"),
    { name: "max-txn-ops", kind: "int64", defaultText: "128", help: "how many writes one transaction of the copy may have" },
    { name: "no-dest-prefix", kind: "bool", defaultText: "false", help: "take --prefix off in the copy" },
    text("prefix", "only keys that start with this"),
    { name: "rev", kind: "int64", defaultText: "0", help: "the first revision to copy, without reading the keys as they are first" },
  ],
  shared: "connection",
};

export const mockServer: CommandSpec = {
  name: "mock-server",
  usage: "[options]",
  summary: "Runs an etcd in memory, for any client, until Ctrl-C",
  description: `A real gRPC port with KV, Watch, Lease, Auth and the rest that a client needs; what is written is gone when it ends.
For tests in Node, see etcd-watch/mock-server, which can also break connections.`,
  examples: [
    ["mock-server", "on 127.0.0.1:2379, where every client looks first"],
    ["mock-server --port 0", "on a free port, which it prints"],
    ["mock-server --compatibility 3.4.23", "with the behaviour of an old etcd"],
  ],
  flags: [
    text("compatibility", "which etcd to answer as: latest or 3.4.23", "latest"),
    text("host", "the address to listen at", "127.0.0.1"),
    { name: "port", kind: "int64", defaultText: "2379", help: "the port to listen at; 0 is a free one" },
    { name: "progress-notify-interval", kind: "duration", defaultText: "10m", help: "how often a quiet watch is told, if it asked for it" },
    text("root-password", "turn authentication on from the start, for the user root with this password"),
  ],
  shared: "none",
};

export const top: CommandSpec = {
  name: "top",
  usage: "[options] <key>...",
  summary: "Watches keys and shows how the watches are doing, live",
  description: `One watch for each key. On a terminal the screen is drawn anew at each interval, and q ends it; elsewhere one line is printed.
  rate     events a second, of the last interval
  lag      revisions that the server told of and the reader has not taken
  parked   a watch whose reader is behind; it goes on by itself`,
  examples: [
    ["top config/ services/ --prefix", "two watches"],
    ["top '' --prefix --interval 500ms", "everything, twice a second"],
  ],
  flags: [
    { name: "interval", kind: "duration", defaultText: "1s", help: "how often to show" },
    prefix,
    ...watchFlags.filter(({ name }) => name === "rev"),
  ],
  shared: "connection",
};

export const version: CommandSpec = {
  name: "version",
  usage: "",
  summary: "Prints the version",
  examples: [["version", ""]],
  flags: [],
  shared: "none",
};
