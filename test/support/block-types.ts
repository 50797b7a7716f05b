import { join } from "node:path";
import ts from "typescript";

/** What the compiler has to say of programs that stand in pages and comments, under this repository's own settings. */
export function typeErrors(root: string, programs: readonly string[]): string[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const files = new Map(programs.map((program, index) => [join(root, `test/block-${index}.ts`), program]));
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  host.fileExists = (path) => files.has(path) || fileExists(path);
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, file, start = 0 }) => {
    const line =
      file === undefined ? "" : (file.text.slice(0, start).split("\n").at(-1) ?? "") + (file.text.slice(start).split("\n")[0] ?? "");
    return `${line.trim()}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
}
