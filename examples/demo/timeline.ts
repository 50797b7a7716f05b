import type { Change, Ledger } from "./ledger.ts";
import type { Observer } from "./observer.ts";
import { grouped, type Style } from "./style.ts";

const COLUMNS = 40;
const HEIGHTS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"] as const;
const NAME_COLUMNS = 16;

/** A picture of what each watch has seen: revisions from left to right, and how much happened there. */
export class Timeline {
  readonly #ledger: Ledger;
  readonly #style: Style;

  constructor(ledger: Ledger, style: Style) {
    this.#ledger = ledger;
    this.#style = style;
  }

  draw(observers: readonly Observer[]): string[] {
    if (observers.length === 0) return [];
    const { dim, mark } = this.#style;
    const [first, last] = [grouped(this.#first), grouped(this.#ledger.lastRevision)];
    const scale = `${first}${" ".repeat(Math.max(1, COLUMNS - first.length - last.length))}${last}`;
    const legend = `${mark("◆")}${dim(" went on here")}`;
    return [...observers.map((observer) => this.#row(observer)), `     ${dim("revision".padEnd(NAME_COLUMNS))} ${dim(scale)}  ${legend}`];
  }

  #row(observer: Observer): string {
    const { dim, good, lane: laneStyle } = this.#style;
    const { name, lane } = observer.plan;
    const paint = laneStyle[lane];
    const expected = this.#ledger.changes.filter((change) => observer.plan.wants(change));
    const count = `${grouped(observer.seenCount)}${observer.seenCount < expected.length ? dim("…") : good(" ✔")}`;
    return `  ${paint(lane)}  ${paint(name.padEnd(NAME_COLUMNS))} ${this.#bars(observer, expected, paint)}  ${count}`;
  }

  #bars(observer: Observer, expected: readonly Change[], paint: (text: string) => string): string {
    const wanted = this.#histogram(expected);
    const seen = this.#histogram(observer.responses.flat());
    const resumes = new Set(observer.resumedAt.map((revision) => this.#column(revision)));
    const highest = Math.max(1, ...wanted);
    const cells = wanted.map((count, column) => {
      if (resumes.has(column)) return this.#style.mark("◆");
      const seenCount = seen[column] ?? 0;
      if (seenCount > 0) return paint(HEIGHTS[Math.min(HEIGHTS.length, Math.ceil((seenCount / highest) * HEIGHTS.length)) - 1] ?? "");
      return count > 0 ? this.#style.dim("·") : " ";
    });
    return cells.join("");
  }

  #histogram(changes: readonly Change[]): number[] {
    const counts = new Array<number>(COLUMNS).fill(0);
    for (const { revision } of changes) {
      const column = this.#column(revision);
      counts[column] = (counts[column] ?? 0) + 1;
    }
    return counts;
  }

  get #first(): bigint {
    return this.#ledger.changes[0]?.revision ?? 0n;
  }

  #column(revision: bigint): number {
    const span = Number(this.#ledger.lastRevision - this.#first) + 1;
    const column = Math.floor((Number(revision - this.#first) * COLUMNS) / span);
    return Math.min(Math.max(column, 0), COLUMNS - 1);
  }
}
