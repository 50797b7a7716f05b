import type { Flag } from "./flag.ts";

/** What every command that talks to a cluster takes, named and defaulted as etcdctl's. */
export const connectionFlags: readonly Flag[] = [
  {
    name: "endpoints",
    kind: "strings",
    defaultText: "127.0.0.1:2379",
    help: "where the cluster is: host:port, with commas between several",
  },
  { name: "user", kind: "string", defaultText: "", help: "name[:password] to log in with; asks for a password that is not given" },
  { name: "password", kind: "string", defaultText: "", help: "the password of --user" },
  { name: "cacert", kind: "string", defaultText: "", help: "PEM file of the authority that signed the servers' certificates" },
  { name: "cert", kind: "string", defaultText: "", help: "PEM file of the client's own certificate" },
  { name: "key", kind: "string", defaultText: "", help: "PEM file of its key" },
  {
    name: "insecure-skip-tls-verify",
    kind: "bool",
    defaultText: "false",
    help: "take any certificate: anybody can pose as the server",
  },
  { name: "insecure-transport", kind: "bool", defaultText: "true", help: "without certificates and https://, do without TLS" },
  { name: "dial-timeout", kind: "duration", defaultText: "2s", help: "how long one endpoint may take to answer before the next is tried" },
  { name: "command-timeout", kind: "duration", defaultText: "5s", help: "how long a request may take in all" },
  { name: "keepalive-time", kind: "duration", defaultText: "10s", help: "how often an open connection is pinged" },
  { name: "keepalive-timeout", kind: "duration", defaultText: "5s", help: "how long a ping may take before the connection counts as lost" },
  { name: "debug", kind: "bool", defaultText: "false", help: "tell on standard error what the client does" },
  { name: "insecure-discovery", kind: "bool", defaultText: "true", help: "", hidden: true },
];

export const outputFlags: readonly Flag[] = [
  { name: "write-out", short: "w", kind: "string", defaultText: "simple", help: "how to print: simple, json, fields; table for lists" },
  { name: "hex", kind: "bool", defaultText: "false", help: "print keys and values as \\x68\\x65 (simple only)" },
];

/** Of each of these, `ETCDCTL_` and its name in capitals is read from the environment. */
export const globalFlags: readonly Flag[] = [...connectionFlags, ...outputFlags];

export const helpFlag: Flag = { name: "help", short: "h", kind: "bool", defaultText: "false", help: "this text" };
