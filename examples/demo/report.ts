import type { Ledger } from "./ledger.ts";
import type { Observer } from "./observer.ts";
import { grouped, type Style } from "./style.ts";
import { isRight, judge, sumOf, type Verdict } from "./verdict.ts";

const NAME_COLUMNS = 16;
const LIST_COLUMNS = 25;

/** The table of what each watch should have been given and was. */
export function table(observers: readonly Observer[], ledger: Ledger, style: Style): { lines: string[]; total: Verdict } {
  const { dim, good, bad, lane: laneStyle } = style;
  const verdicts = observers.map(({ plan, responses }) => judge(ledger.changes.filter(plan.wants), responses));
  const heading = `${"watch".padEnd(NAME_COLUMNS)} ${right("expected", 9)} ${right("delivered", 9)} ${right("lost", 5)} ${right("twice", 5)}    went on from`;
  const rows = observers.map(({ plan, resumedAt }, index) => {
    const { expected, delivered, lost, duplicated } = verdicts[index] ?? judge([], []);
    const fault = (count: number): string => (count === 0 ? good : bad)(right(grouped(count), 5));
    const counts = `${right(grouped(expected), 9)} ${right(grouped(delivered), 9)} ${fault(lost)} ${fault(duplicated)}`;
    const paint = laneStyle[plan.lane];
    return `  ${paint(plan.lane)}  ${paint(plan.name.padEnd(NAME_COLUMNS))} ${counts}  ${list(resumedAt)}`;
  });
  return { lines: [`     ${dim(heading)}`, ...rows], total: sumOf(verdicts) };
}

/** The last line of all. */
export function finalLine(total: Verdict, style: Style): string {
  const { expected, delivered, lost, duplicated } = total;
  const counts = `events expected ${expected}, delivered ${delivered}, lost ${lost}, duplicated ${duplicated}`;
  return isRight(total) && expected > 0 ? style.bold(style.good(`✔ ${counts}`)) : style.bold(style.bad(`✘ ${counts}`));
}

/** What else was looked at. */
export function orderLine({ misplaced, torn, unknown }: Verdict): string {
  if (misplaced + torn + unknown === 0) return "every watch in order, and every revision in one piece";
  return `out of order ${misplaced}, revisions in pieces ${torn}, changes that nobody wrote ${unknown}`;
}

/** As many as there is room for, the newest last. */
function list(revisions: readonly bigint[]): string {
  const texts = revisions.map((revision) => right(grouped(revision), 5));
  while (texts.join(" ").length > LIST_COLUMNS) texts.splice(0, 2, "…");
  return texts.join(" ");
}

function right(text: string, columns: number): string {
  return text.padStart(columns);
}
