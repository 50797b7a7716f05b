import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** An `@example` of a doc comment. */
export interface DocExample {
  /** What it is an example of, such as `Kv.put`. */
  readonly name: string;
  /** Where it stands, such as `src/client/kv.ts:70`. */
  readonly place: string;
  readonly code: string;
}

/** Every `@example` in the doc comments below a folder. */
export function docExamples(root: string, folder: string): DocExample[] {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return paths.sort().flatMap((path) => examplesOf(`${folder}/${path}`, readFileSync(join(root, folder, path), "utf8")));
}

function examplesOf(path: string, text: string): DocExample[] {
  const examples: DocExample[] = [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node, owner: readonly string[]): void => {
    const own = nameOf(node);
    const names = own === undefined ? owner : [...owner, own];
    if (own !== undefined) {
      for (const tag of ts.getJSDocTags(node)) {
        if (tag.tagName.text !== "example") continue;
        const { line } = source.getLineAndCharacterOfPosition(tag.pos);
        examples.push({ name: names.join("."), place: `${path}:${line + 1}`, code: codeOf(ts.getTextOfJSDocComment(tag.comment) ?? "") });
      }
    }
    node.forEachChild((child) => {
      visit(child, names);
    });
  };
  visit(source, []);
  return examples;
}

/** Declarations that a reader of the reference finds by name. */
function nameOf(node: ts.Node): string | undefined {
  const isNamed =
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isMethodDeclaration(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isPropertySignature(node) ||
    ts.isMethodSignature(node) ||
    ts.isGetAccessorDeclaration(node);
  return isNamed ? node.name?.getText() : undefined;
}

/** Without the fence, if there is one. */
function codeOf(comment: string): string {
  return /```ts\n(.*)```/s.exec(comment)?.[1] ?? comment;
}
