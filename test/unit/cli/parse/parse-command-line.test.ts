import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Command } from "../../../../src/cli/parse/parse-command-line.ts";
import { parseCommandLine } from "../../../../src/cli/parse/parse-command-line.ts";

function commandOf(line: string, env: NodeJS.ProcessEnv = {}): Command {
  const parsed = parseCommandLine(line.split(" "), env);
  if (parsed.kind !== "command") throw new Error(`${line} is no command but ${JSON.stringify(parsed)}`);
  return parsed.command;
}

describe("parseCommandLine()", () => {
  it.each([
    ["get hello -w json"],
    ["get hello -w=json"],
    ["get hello -wjson"],
    ["get hello --write-out json"],
    ["get --write-out=json hello"],
    ["-w json get hello"],
    ["--write-out=json get hello"],
    ["get -w simple -w json hello"],
  ])("reads the format of %s", (line) => {
    const { name, flags, args } = commandOf(line);
    expect([name, flags.text("write-out"), args]).toEqual(["get", "json", ["hello"]]);
  });

  it.each([
    ["--prefix", true],
    ["--prefix=true", true],
    ["--prefix=T", true],
    ["--prefix=false", false],
    ["--prefix=0", false],
    ["--hex", false],
  ])("reads %s", (flag, isPrefix) => {
    expect(commandOf(`get ${flag} k`).flags.bool("prefix")).toBe(isPrefix);
  });

  it("gives a bool no value but after an equals sign", () => {
    expect(commandOf("get --prefix false").args).toEqual(["false"]);
    expect(commandOf("watch -i=true").flags.bool("interactive")).toBe(true);
    expect(commandOf("watch -i=false k").flags.bool("interactive")).toBe(false);
  });

  it.each([
    ["--rev 5", 5n],
    ["--rev=5", 5n],
    ["--rev -1", -1n],
    ["--rev 0x10", 16n],
    ["--rev 9223372036854775807", 2n ** 63n - 1n],
  ])("reads %s as a 64-bit integer", (flag, revision) => {
    expect(commandOf(`watch a ${flag} b`)).toMatchObject({ args: ["a", "b"] });
    expect(commandOf(`watch a ${flag} b`).flags.int64("rev")).toBe(revision);
  });

  it("takes everything after -- for arguments, and tells which those are", () => {
    expect(commandOf("watch a -- echo --prefix -w")).toMatchObject({
      args: ["a", "echo", "--prefix", "-w"],
      afterTerminator: ["echo", "--prefix", "-w"],
    });
    expect(commandOf("watch a --").afterTerminator).toEqual([]);
    expect(commandOf("watch a").afterTerminator).toBeUndefined();
  });

  it("collects endpoints", () => {
    expect(commandOf("get a").flags.texts("endpoints")).toEqual(["127.0.0.1:2379"]);
    expect(commandOf("get a --endpoints a:1,b:2 --endpoints c:3").flags.texts("endpoints")).toEqual(["a:1", "b:2", "c:3"]);
  });

  it.each([
    ["5s", 5_000],
    ["1m30s", 90_000],
    ["500ms", 500],
    ["1.5h", 5_400_000],
    ["0", 0],
  ])("reads a time of %s", (text, ms) => {
    expect(commandOf(`get a --command-timeout ${text}`).flags.durationMs("command-timeout")).toBe(ms);
  });

  it.each([
    ["compact 5", "compaction"],
    ["w a", "watch"],
    ["le g 5", "lease grant"],
    ["lease keep 1", "lease keep-alive"],
    ["mirror b:1", "make-mirror"],
    ["status", "status"],
    ["e status", "endpoint status"],
  ])("finds the command of %s by the beginning of its words", (line, name) => {
    expect(commandOf(line).name).toBe(name);
  });

  it.each([
    ["", []],
    ["--help", []],
    ["-h", []],
    ["help", []],
    ["help get", ["get"]],
    ["get --help", ["get"]],
    ["get a -h", ["get"]],
    ["lease", ["lease"]],
    ["lease --help", ["lease"]],
    ["help lease grant", ["lease", "grant"]],
    ["lease grant --help", ["lease", "grant"]],
  ])("gives help for %j", (line, words) => {
    expect(parseCommandLine(line === "" ? [] : line.split(" "))).toEqual({ kind: "help", words });
  });

  it.each([
    ["get --nosuch", "unknown flag: --nosuch"],
    ["get -x", "unknown shorthand flag: 'x' in -x"],
    ["get a --rev", "flag needs an argument: --rev"],
    ["get a -w", "flag needs an argument: 'w' in -w"],
    ["get a --rev x", 'invalid argument "x" for "--rev" flag: strconv.ParseInt: parsing "x": invalid syntax'],
    [
      "get a --rev 9223372036854775808",
      'invalid argument "9223372036854775808" for "--rev" flag: strconv.ParseInt: parsing "9223372036854775808": value out of range',
    ],
    ["get a --prefix=maybe", 'invalid argument "maybe" for "--prefix" flag: strconv.ParseBool: parsing "maybe": invalid syntax'],
    ["get a --command-timeout 5", 'invalid argument "5" for "--command-timeout" flag: time: missing unit in duration "5"'],
    ["get a --command-timeout x", 'invalid argument "x" for "--command-timeout" flag: time: invalid duration "x"'],
    ["nosuch a", 'unknown command "nosuch" for "etcd-watch"'],
    ["lease nosuch", 'unknown command "nosuch" for "etcd-watch lease"'],
    ["mock-server --endpoints x", "unknown flag: --endpoints"],
  ])("refuses %s with exit code 1", (line, message) => {
    expect(parseCommandLine(line.split(" "))).toMatchObject({ kind: "error", exitCode: 1, message });
  });

  it.each([
    ["gett a", "get"],
    ["wacth a", "watch"],
    ["m list", "member"],
  ])("suggests what %s may have been meant for", (line, suggestion) => {
    expect(parseCommandLine(line.split(" "))).toMatchObject({
      kind: "error",
      message: expect.stringContaining(`\t${suggestion}`) as unknown,
    });
  });

  it("has an answer to any words whatever", () => {
    const known = [
      "get",
      "lease",
      "watch",
      "--",
      "-",
      "-w",
      "--rev",
      "--rev=",
      "--prefix=x",
      "-i=1",
      "--endpoints",
      "--__proto__=1",
      "help",
      "",
      "-h=0",
    ];
    const words = fc.array(fc.oneof(fc.constantFrom(...known), fc.string()), { maxLength: 8 });
    fc.assert(fc.property(words, (argv) => ["command", "help", "error"].includes(parseCommandLine(argv).kind)));
  });

  it("reads flags from the environment, and warns of variables that are none", () => {
    const env = {
      ETCDCTL_ENDPOINTS: "e:1",
      ETCDCTL_WRITE_OUT: "json",
      ETCDCTL_API: "3",
      ETCDCTL_WATCH_KEY: "k",
      ETCDCTL_NOSUCH: "1",
      PATH: "",
    };
    const { flags, warnings } = commandOf("get a", env);
    expect([flags.texts("endpoints"), flags.text("write-out"), warnings]).toEqual([
      ["e:1"],
      "json",
      ["unrecognized environment variable ETCDCTL_NOSUCH"],
    ]);
    expect(commandOf("get a", { ETCDCTL_WRITE_OUT: "" }).flags.text("write-out")).toBe("simple");
    expect(commandOf("get a", { ETCDCTL_PREFIX: "true" }).flags.bool("prefix")).toBe(false); // a command's own flags are not read from it
  });

  it("refuses a flag that is also in the environment, and a variable that is malformed", () => {
    expect(parseCommandLine(["get", "a", "-w", "json"], { ETCDCTL_WRITE_OUT: "json" })).toMatchObject({ kind: "error", exitCode: 1 });
    expect(parseCommandLine(["get", "a"], { ETCDCTL_HEX: "maybe" })).toMatchObject({
      kind: "error",
      message: expect.stringContaining("ETCDCTL_HEX") as unknown,
    });
  });
});
