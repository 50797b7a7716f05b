import { describe, expect, it } from "vitest";
import { fileListProblems, type NamedFiles } from "./file-list.ts";

const named: NamedFiles = {
  exports: { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" }, "./package.json": "./package.json" },
  main: "./dist/index.js",
  types: "./dist/index.d.ts",
};
const good = ["package.json", "README.md", "LICENSE", "src/index.ts", "proto/rpc.proto"].concat(
  [".js", ".d.ts", ".js.map", ".d.ts.map"].map((kind) => `dist/index${kind}`),
);
const without = (name: string): string[] => good.filter((file) => file !== name);

describe("fileListProblems", () => {
  it("has nothing against what should be there", () => {
    expect(fileListProblems(good, named)).toEqual([]);
  });

  it.each([
    ["a test", [...good, "test/a.test.ts"]],
    ["a test among the sources", [...good, "src/index.test.ts", "dist/index.test.js"]],
    ["a dot file", [...good, "proto/.env"]],
    ["an older tarball", [...good, "etcd-watch-0.0.1.tgz"]],
    ["a page", [...good, "docs/page.md"]],
    ["a setting", [...good, "src/tsconfig.json"]],
    ["no licence", without("LICENSE")],
    ["no readme", without("README.md")],
    ["no entry point", without("dist/index.js")],
    ["no types", without("dist/index.d.ts")],
    ["no map", without("dist/index.js.map")],
    ["no sources", without("src/index.ts")],
    ["nothing built", good.filter((file) => !file.startsWith("dist/"))],
    ["what an earlier build left", [...good, "dist/gone.js"]],
  ])("objects to %s", (_, files) => {
    expect(fileListProblems(files, named)).not.toEqual([]);
  });

  it("objects to a command that is not there", () => {
    expect(fileListProblems(good, { ...named, bin: { "etcd-watch": "dist/cli/main.js" } })).toEqual([
      "dist/cli/main.js, which package.json names, is missing",
    ]);
  });
});
