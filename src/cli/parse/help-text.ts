import type { CommandSpec } from "./command-spec.ts";
import { commands } from "./command-table.ts";
import type { Flag } from "./flag.ts";
import { globalFlags, helpFlag, outputFlags } from "./global-flags.ts";

/** How words are set off where the terminal can: as they are, elsewhere. */
export type Emphasis = (text: string) => string;

const WIDTH = 80;

/** What `--help` prints: of one command, of those that begin with `words`, or of all. */
export function helpText(words: readonly string[], strong: Emphasis = (text) => text): string {
  const name = words.join(" ");
  const spec = commands.find((command) => command.name === name);
  return `${spec === undefined ? groupHelp(name, strong) : commandHelp(spec, strong)}\n`;
}

function groupHelp(group: string, strong: Emphasis): string {
  const inGroup = commands.filter((spec) => group === "" || spec.name.startsWith(`${group} `));
  const list = columns(inGroup.map(({ name, aliases = [], summary }) => [[name, ...aliases].join(", "), summary]));
  const about =
    group === ""
      ? [
          "A command line for etcd, on the etcd-watch client: etcdctl's options, output and",
          "exit codes, and watches that go on after a lost connection.",
        ]
      : [`Commands about ${group === "lease" ? "leases" : `the cluster's ${group}s`}.`];
  const footer =
    group === ""
      ? [
          "",
          strong("Try it:"),
          "  etcd-watch mock-server &             an etcd in memory, on 127.0.0.1:2379",
          "  etcd-watch watch hello --rev=1 &     every change of one key",
          "  etcd-watch put hello world",
          "",
          strong("Options of all commands that talk to a cluster:"),
          ...flagLines(globalFlags),
          "",
          "Each can also be set by the environment: ETCDCTL_ENDPOINTS for --endpoints.",
        ]
      : [];
  return [
    ...about,
    "",
    strong("Usage:"),
    `  etcd-watch ${[group, "<command>", "[options]"].filter((word) => word !== "").join(" ")}`,
    "",
    strong("Commands:"),
    ...list,
    ...footer,
    "",
    `etcd-watch ${[group, "<command>"].filter((word) => word !== "").join(" ")} --help tells more of each.`,
  ].join("\n");
}

function commandHelp(spec: CommandSpec, strong: Emphasis): string {
  const shownShared = spec.shared === "connection and output" ? outputFlags : [];
  return [
    `${spec.summary}.`,
    "",
    strong("Usage:"),
    `  etcd-watch ${spec.name} ${spec.usage}`.trimEnd(),
    ...(spec.aliases === undefined ? [] : [`  also: ${spec.aliases.map((alias) => `etcd-watch ${alias}`).join(", ")}`]),
    ...(spec.description === undefined ? [] : ["", ...spec.description.split("\n").flatMap((line) => wrap(line, WIDTH))]),
    "",
    strong("Examples:"),
    ...exampleLines(spec.examples),
    "",
    strong("Options:"),
    ...flagLines([...spec.flags, ...shownShared, helpFlag]),
    ...(spec.shared === "none"
      ? []
      : [
          "",
          "How the cluster is reached (--endpoints, --user, --cacert and more) is the same",
          "for all commands: etcd-watch --help tells.",
        ]),
  ].join("\n");
}

function exampleLines(examples: CommandSpec["examples"]): string[] {
  const width = Math.max(...examples.map(([line]) => line.length));
  return examples.flatMap(([line, what]) => {
    const whole = `  etcd-watch ${line.padEnd(width)}   ${what}`.trimEnd();
    return whole.length <= WIDTH || what === "" ? [whole] : [`  etcd-watch ${line}`, `      ${what}`];
  });
}

function flagLines(flags: readonly Flag[]): string[] {
  return columns(flags.filter(({ hidden }) => hidden !== true).map((flag) => [flagTitle(flag), flag.help]));
}

function flagTitle({ name, short, kind, defaultText }: Flag): string {
  const long = kind === "bool" && defaultText === "false" ? `--${name}` : `--${name}=${defaultText === "" ? '""' : defaultText}`;
  return `${short === undefined ? "    " : `-${short}, `}${long}`;
}

/** Two columns in 80: the second one goes on below itself; a wide first one has a line of its own. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(Math.max(...rows.map(([left]) => left.length)), 30);
  return rows.flatMap(([left, right]) => {
    const [first = "", ...more] = wrap(right, WIDTH - width - 5);
    const indent = " ".repeat(width + 5);
    const head = left.length > width ? [`  ${left}`, indent + first] : [`  ${left.padEnd(width)}   ${first}`];
    return [...head, ...more.map((line) => indent + line)].map((line) => line.trimEnd());
  });
}

function wrap(text: string, width: number): string[] {
  const indent = /^ */.exec(text)?.[0] ?? "";
  const wrapped: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\S) /)) {
    if (line !== "" && `${line} ${word}`.length > width) {
      wrapped.push(line);
      line = indent + word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...wrapped, line];
}
