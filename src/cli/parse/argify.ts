import { unquoteGo } from "../output/go-quote.ts";

/** A word of a line that was read: text as it would be typed, and the bytes that it stands for, which need not be UTF-8. */
export interface Word {
  readonly text: string;
  readonly bytes: Buffer;
}

/**
 * The words of a line, as etcdctl splits the lines of `txn` and `watch -i`: 'as it is', "with Go's escapes", or up to the next space.
 * @throws {SyntaxError} for a "word" with an escape that Go does not know
 */
export function argify(line: string): readonly Word[] {
  return (line.match(/"(?:[^"\\]|\\.)*"|'[^']*'|[^'"\s]\S*[^'"\s]?/g) ?? []).map((word) => {
    const bytes = word.startsWith('"') ? unquoteGo(word) : Buffer.from(word.startsWith("'") ? word.slice(1, -1) : word);
    return { text: bytes.toString(), bytes };
  });
}
