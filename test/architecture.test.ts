import { readdirSync, readFileSync } from "node:fs";
import { posix, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { fileProblems, importCycles, importProblems, type ImportRules, type Sources } from "./support/source-rules.ts";

/**
 * Who may import whom. It is an order: util, gen, model, errors, codec, transport, watch, client, then what stands on the client.
 * The bundled server shares nothing with the client above the wire, so that one misreading of the protocol cannot pass both sides.
 * The command line has the two barrels, as a user has: what it lacks, users lack too.
 */
const rules: ImportRules = {
  mayImport: {
    util: [],
    gen: [],
    model: ["util", "gen"],
    errors: ["util", "model"],
    codec: ["util", "gen", "model", "errors"],
    transport: ["util", "gen", "model", "errors", "codec"],
    watch: ["util", "gen", "model", "errors", "codec", "transport"],
    client: ["util", "gen", "model", "errors", "codec", "transport", "watch"],
    cache: ["util", "model", "errors", "watch", "client"],
    coordination: ["util", "model", "errors", "watch", "client", "cache"],
    controller: ["util", "model", "errors", "watch", "client", "cache", "coordination"],
    "mock-server": ["util", "gen", "model", "errors"],
    cli: ["index.ts", "mock-server/index.ts"],
    "index.ts": ["util", "model", "errors", "transport", "watch", "client", "cache", "coordination", "controller"],
  },
  packages: {
    "@grpc/grpc-js": ["transport", "mock-server"],
    "@bufbuild/protobuf": ["gen", "codec"],
    "p-queue": ["watch", "client", "cache", "controller"],
  },
  ownNames: { "etcd-watch": "index.ts", "etcd-watch/mock-server": "mock-server/index.ts" },
};

const fileRules = { maxLines: 300, barrels: ["index.ts", "mock-server/index.ts"], generated: "gen" };

function readSources(): Sources {
  const root = new URL("../src/", import.meta.url);
  const paths = readdirSync(root, { recursive: true, encoding: "utf8" }).map((path) => path.split(sep).join(posix.sep));
  return new Map(paths.filter((path) => path.endsWith(".ts")).map((path) => [path, readFileSync(new URL(path, root), "utf8")]));
}

describe("src", () => {
  const sources = readSources();

  it("imports only downwards, and npm packages only where they belong", () => {
    expect(sources.size).toBeGreaterThan(20);
    expect(importProblems(sources, rules)).toEqual([]);
  });

  it("has no import cycles, types included", () => {
    expect(importCycles(sources)).toEqual([]);
  });

  it("has small files, each named after its idea, and two barrels", () => {
    expect(fileProblems(sources, fileRules)).toEqual([]);
  });
});

describe("The import rules", () => {
  it("are an order: no folder may import one that may import it", () => {
    const reaches = (from: string, to: string): boolean => rules.mayImport[from]?.some((next) => next === to || reaches(next, to)) ?? false;
    expect(Object.keys(rules.mayImport).filter((folder) => reaches(folder, folder))).toEqual([]);
  });

  const problemsOf = (files: Record<string, string>): string[] => importProblems(new Map(Object.entries(files)), rules);

  it("let pass what they should", () => {
    expect(
      problemsOf({
        "util/bytes.ts": 'import { inspect } from "node:util";',
        "util/other.ts": 'import { a } from "./bytes.ts";',
        "client/kv.ts":
          'import PQueue from "p-queue"; import type { T } from "../transport/grpc/transport.ts"; export * from "../util/bytes.ts";',
        "transport/grpc/transport.ts": 'import * as grpc from "@grpc/grpc-js/build/src/index.js";\n// import "p-queue"',
        "index.ts": 'export { Kv } from "./client/kv.ts";',
        "mock-server/index.ts": "",
        "cli/main.ts": 'import { a } from "../index.ts"; import { b } from "etcd-watch/mock-server"; const text = \'import "left-pad"\';',
      }),
    ).toEqual([]);
  });

  it.each([
    ["a folder above", 'import { a } from "../client/kv.ts";', "watch/a.ts may not import client/kv.ts"],
    ["a type of a folder above", 'import type { A } from "../client/kv.ts";', "watch/a.ts may not import client/kv.ts"],
    ["by export", 'export { a } from "../client/kv.ts";', "watch/a.ts may not import client/kv.ts"],
    ["when it runs", 'const a = await import("../client/kv.ts");', "watch/a.ts may not import client/kv.ts"],
    ["in a type", 'let a: import("../client/kv.ts").Kv;', "watch/a.ts may not import client/kv.ts"],
    ["for its effect", 'import "../client/kv.ts";', "watch/a.ts may not import client/kv.ts"],
    ["a barrel", 'import { a } from "../index.ts";', "watch/a.ts may not import index.ts"],
    ["the package by its name", 'import { a } from "etcd-watch";', "watch/a.ts may not import index.ts"],
    ["gRPC", 'import { status } from "@grpc/grpc-js";', "watch/a.ts may not import @grpc/grpc-js"],
    ["a package's inside", 'import { BinaryReader } from "@bufbuild/protobuf/wire";', "watch/a.ts may not import @bufbuild/protobuf/wire"],
    ["an unknown package", 'import pad from "left-pad";', "watch/a.ts may not import left-pad"],
    ["a file that is not there", 'import { a } from "./b.ts";', "watch/a.ts imports ./b.ts, which does not exist"],
    ["without a suffix", 'import { a } from "../util/bytes";', "watch/a.ts imports ../util/bytes, which does not exist"],
  ])("refuse to import %s", (_, source, problem) => {
    expect(problemsOf({ "watch/a.ts": source, "client/kv.ts": "", "util/bytes.ts": "", "index.ts": "" })).toEqual([problem]);
  });

  it("keep the bundled server and the client apart, and the command line at the barrels", () => {
    expect(
      problemsOf({
        "mock-server/index.ts": 'import "../transport/transport.ts";',
        "transport/transport.ts": 'import "../mock-server/index.ts";',
        "cli/main.ts": 'import "../transport/transport.ts"; import "p-queue";',
      }),
    ).toEqual([
      "mock-server/index.ts may not import transport/transport.ts",
      "transport/transport.ts may not import mock-server/index.ts",
      "cli/main.ts may not import transport/transport.ts",
      "cli/main.ts may not import p-queue",
    ]);
  });

  it("know every folder", () => {
    expect(problemsOf({ "helpers/a.ts": "" })).toEqual(["helpers/a.ts: there is no rule for helpers"]);
  });
});

describe("importCycles()", () => {
  const cyclesOf = (files: Record<string, string>): string[] => importCycles(new Map(Object.entries(files)));

  it("finds a file that imports itself, two that import each other, and a longer way round, types included", () => {
    expect(cyclesOf({ "a/a.ts": 'import "./a.ts";' })).toEqual(["a/a.ts > a/a.ts"]);
    expect(cyclesOf({ "a/a.ts": 'import "../b/b.ts";', "b/b.ts": 'import type { A } from "../a/a.ts";' })).toEqual([
      "a/a.ts > b/b.ts > a/a.ts",
    ]);
    expect(
      cyclesOf({
        "start.ts": 'import "./x.ts";',
        "x.ts": 'import "./y.ts";',
        "y.ts": 'export * from "./z.ts";',
        "z.ts": 'import "./x.ts";',
      }),
    ).toEqual(["x.ts > y.ts > z.ts > x.ts"]);
  });

  it("does not mind two ways to the same file", () => {
    expect(cyclesOf({ "a.ts": 'import "./b.ts"; import "./c.ts";', "b.ts": 'import "./c.ts";', "c.ts": 'import "node:fs";' })).toEqual([]);
  });
});

describe("fileProblems()", () => {
  const problemsOf = (files: Record<string, string>): string[] => fileProblems(new Map(Object.entries(files)), fileRules);

  it("lets pass what it should, and generated files whatever they are", () => {
    const files = {
      "index.ts": "",
      "mock-server/index.ts": "",
      "watch/next-revision.ts": "line\n".repeat(300),
      "gen/Rpc_types.ts": "\n".repeat(9_000),
    };
    expect(problemsOf(files)).toEqual([]);
  });

  it.each([
    ["watch/watcher.ts", "line\n".repeat(301), "watch/watcher.ts has 301 lines, more than 300: name its second idea"],
    ["watch/types.ts", "", "watch/types.ts is not named after an idea"],
    ["client/utils.ts", "", "client/utils.ts is not named after an idea"],
    ["constants.ts", "", "constants.ts is not named after an idea"],
    ["watch/watchChannel.ts", "", "watch/watchChannel.ts is not in kebab case"],
    ["watch/index.ts", "", "watch/index.ts is a barrel too many"],
    ["mock-server/store/index.ts", "", "mock-server/store/index.ts is a barrel too many"],
  ])("refuses %s", (path, source, problem) => {
    expect(problemsOf({ [path]: source })).toEqual([problem]);
  });
});
