import ts from "typescript";

/** One deliberate fault: in `file`, the text from `start` to `end` becomes `replacement`. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** For people: what was done. */
  readonly what: string;
}

/** What becomes of an operator. */
const OPERATORS: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.LessThanToken, "<="],
  [ts.SyntaxKind.LessThanEqualsToken, "<"],
  [ts.SyntaxKind.GreaterThanToken, ">="],
  [ts.SyntaxKind.GreaterThanEqualsToken, ">"],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, "!=="],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, "==="],
  [ts.SyntaxKind.AmpersandAmpersandToken, "||"],
  [ts.SyntaxKind.BarBarToken, "&&"],
  [ts.SyntaxKind.PlusToken, "-"],
  [ts.SyntaxKind.MinusToken, "+"],
]);

/** Every fault that this file can be given: a turned condition, a moved bound, a call or an assignment that is left out. */
export function mutantsOf(file: string, text: string): Mutant[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const mutants: Mutant[] = [];
  const add = (node: ts.Node, replacement: string, what: string): void => {
    const start = node.getStart(source);
    const { line } = source.getLineAndCharacterOfPosition(start);
    mutants.push({ file, line: line + 1, start, end: node.getEnd(), replacement, what });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isTypeNode(node)) return;
    if (ts.isBinaryExpression(node)) {
      const operator = OPERATORS.get(node.operatorToken.kind);
      if (operator !== undefined) add(node.operatorToken, operator, `${node.operatorToken.getText(source)} becomes ${operator}`);
    } else if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, "false", "true becomes false");
    else if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, "true", "false becomes true");
    else if (ts.isBigIntLiteral(node)) add(node, `(${node.getText(source)} + 1n)`, `${node.getText(source)} becomes one more`);
    else if (ts.isIfStatement(node)) add(node.expression, `!(${node.expression.getText(source)})`, "the condition is turned");
    else if (ts.isExpressionStatement(node) && isLeftOut(node.expression)) add(node, ";", `left out: ${node.getText(source).slice(0, 60)}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutants;
}

function isLeftOut(expression: ts.Expression): boolean {
  if (ts.isCallExpression(expression)) return expression.expression.kind !== ts.SyntaxKind.SuperKeyword && !isLogging(expression);
  if (ts.isBinaryExpression(expression)) return expression.operatorToken.kind === ts.SyntaxKind.EqualsToken;
  return ts.isPostfixUnaryExpression(expression);
}

/** What goes to a log is for people; no test holds its every line. */
function isLogging(call: ts.CallExpression): boolean {
  return /\blogger\b/.test(call.expression.getText());
}

export function apply(mutant: Mutant, text: string): string {
  return text.slice(0, mutant.start) + mutant.replacement + text.slice(mutant.end);
}
