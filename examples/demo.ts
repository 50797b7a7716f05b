// Watches that live through cuts and compactions, on a terminal. `npm run demo`, or `ETCD_ENDPOINTS=host:port npm run demo`.
import { demoOptions } from "./demo/options.ts";
import { Ledger } from "./demo/ledger.ts";
import { finalLine, orderLine, table } from "./demo/report.ts";
import { Screen } from "./demo/screen.ts";
import { setStage, type Stage } from "./demo/stage.ts";
import { Story } from "./demo/story.ts";
import { counted, grouped, styleFor } from "./demo/style.ts";
import { Timeline } from "./demo/timeline.ts";
import { isRight } from "./demo/verdict.ts";
import { Writer } from "./demo/writer.ts";

const TALLEST_PICTURE = 12;
const EXIT = { right: 0, wrong: 1, interrupted: 130 } as const;

const startedMs = Date.now();
const style = styleFor(process.stdout, process.env);
const screen = new Screen(process.stdout, { tallestPicture: TALLEST_PICTURE, term: process.env["TERM"] });
const interrupt = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.once(name, () => {
    interrupt.abort(new Error("interrupted"));
  });
}

function introduce({ serverName, prefix }: Stage): void {
  const { bold, dim, lane } = style;
  screen.line();
  screen.line(`  ${bold("etcd-watch")}   every change once, in order, whatever happens to the connection`);
  screen.line();
  screen.line(`     ${dim("server")}    ${serverName}`);
  screen.line(`     ${dim("keys")}      below ${prefix}`);
  screen.line(`     ${dim("streams")}   ${lane.A("A")} requires a leader, ${lane.B("B")} does not and carries metadata of its own`);
  screen.line(`     ${dim("cable")}     a TCP proxy between the watches and the server, which gets cut`);
  screen.line();
}

async function perform(stage: Stage, { compact }: { compact: boolean }): Promise<number> {
  const { signal } = interrupt;
  const { prefix, cable, writing } = stage;
  const ledger = new Ledger();
  const writer = new Writer({ client: writing, ledger, prefix, signal });
  const story = new Story({ stage, ledger, writer, screen, timeline: new Timeline(ledger, style), style, signal });
  await story.play({ compact }).finally(() => writer.settled());
  screen.settle({ keep: true });

  const { lines, total } = table(story.observers, ledger, style);
  for (const line of lines) screen.line(line);
  screen.line();
  const deleted = await stage.strike();
  if (deleted > 0n) screen.line(`  ${counted(Number(deleted), "key")} of the demo deleted from the server`);
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  screen.line(`  ${counted(cable.cuts, "cut")}, ${seconds} s; ${orderLine(total)}`);
  for (const disappointment of story.disappointments) screen.line(`  ${style.bad(`✘ ${disappointment}`)}`);
  screen.line(`  ${finalLine(total, style)}`);
  return isRight(total) && total.expected > 0 && story.disappointments.length === 0 ? EXIT.right : EXIT.wrong;
}

async function demo(): Promise<number> {
  const options = demoOptions(process.argv.slice(2), process.env);
  const stage = await setStage(options.endpoints, interrupt.signal);
  try {
    introduce(stage);
    return await perform(stage, options);
  } finally {
    screen.settle({ keep: false });
    const deleted = await stage.strike();
    if (deleted > 0n) screen.line(`  ${grouped(deleted)} keys of the demo deleted from the server`);
  }
}

try {
  process.exitCode = await demo();
} catch (error) {
  const wasInterrupted = error === interrupt.signal.reason || (error instanceof Error && error.name === "AbortError");
  if (wasInterrupted) screen.line("  Interrupted. Every connection is closed, and nothing is left behind");
  else console.error(`\n  ${style.bad("✘")} ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = wasInterrupted ? EXIT.interrupted : EXIT.wrong;
}
