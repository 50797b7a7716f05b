import { setTimeout as sleep } from "node:timers/promises";
import { isCompactedError } from "etcd-watch";
import type { Ledger } from "./ledger.ts";
import { Observer } from "./observer.ts";
import type { Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";
import { counted, grouped, type Style } from "./style.ts";
import type { Timeline } from "./timeline.ts";
import { everything, watchPlans } from "./watch-plan.ts";
import { FRUITS, type Writer } from "./writer.ts";

const HISTORY_WRITES = 2_600;
const HISTORY_WITHIN_MS = 4_500;
const IDLE_WRITES = 150;
const LIVE_WRITES = 240;
const LAST_WRITES = 60;
/** Slow enough for the cuts to fall into the middle of the catch-up, and for the eye to follow. */
const CABLE_BYTES_PER_SECOND = 1_500_000;
/** Of a change on the wire, beside its key and value. */
const BYTES_AROUND_A_CHANGE = 30;
const CUT_FOR_MS = 200;
const PATIENCE_MS = 8_000;
/** Time for something to come twice that has come once. */
const AFTERTHOUGHT_MS = 300;

export interface StoryOptions {
  readonly stage: Stage;
  readonly ledger: Ledger;
  readonly writer: Writer;
  readonly screen: Screen;
  readonly timeline: Timeline;
  readonly style: Style;
  readonly signal: AbortSignal;
}

/** What happens, scene by scene. */
export class Story {
  readonly observers: Observer[] = [];
  /** What did not happen in time. */
  readonly disappointments: string[] = [];
  readonly #options: StoryOptions;
  #scene = 0;
  #note = "";

  constructor(options: StoryOptions) {
    this.#options = options;
  }

  async play({ compact }: { compact: boolean }): Promise<void> {
    const { screen, timeline, style } = this.#options;
    screen.show(() => ["", ...timeline.draw(this.observers), this.#note === "" ? "" : `     ${style.dim(this.#note)}`]);
    await this.#writeHistory();
    await this.#catchUp();
    await this.#cutWhileIdle();
    await this.#cutWhileBusy();
    if (compact) await this.#compact();
    else this.#tell("compact", "left out: history belongs to everybody here (--compact does it)");
    await this.#lastWords();
    this.#note = "";
  }

  async #writeHistory(): Promise<void> {
    const { writer, ledger } = this.#options;
    const startedMs = Date.now();
    const onWritten = (done: number): void => {
      this.#note = `writing history: ${grouped(done)} of ${grouped(HISTORY_WRITES)}`;
    };
    await writer.write(HISTORY_WRITES, { withinMs: HISTORY_WITHIN_MS, onWritten });
    const { changes, revisionCount } = ledger;
    const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
    this.#tell(
      "history",
      `${grouped(revisionCount)} revisions, ${grouped(changes.length)} changes of ${FRUITS.length} keys, written in ${seconds} s`,
    );
  }

  async #catchUp(): Promise<void> {
    const { stage } = this.#options;
    const { cable, prefix, startRevision, watching } = stage;
    cable.slow(CABLE_BYTES_PER_SECOND);
    const plans = watchPlans(prefix, startRevision);
    for (const plan of plans) this.observers.push(new Observer(watching, plan));
    this.#tell("catch up", `${plans.length} watches from revision ${grouped(startRevision)} on, ${megabytes(this.#bytesToCome)} to come`);
    this.#note = "catching up";
    await this.#until("given a first part", () => this.observers[0]?.seenCount !== 0);
    await this.#cutOnTheWay(0.2);
    await this.#until("connected", () => cable.connections > 0);
    await this.#cutOnTheWay(0.5);
    this.#note = "catching up";
    await this.#upToDate();
    cable.slow(Infinity);
    const seenCount = this.observers.reduce((sum, observer) => sum + observer.seenCount, 0);
    this.#tell("", `all ${grouped(seenCount)} events have come`);
  }

  /** Cuts when this share of what is to come has passed, in the middle of a message. */
  async #cutOnTheWay(share: number): Promise<void> {
    const { cable } = this.#options.stage;
    const afterBytes = Math.round(this.#bytesToCome * share);
    cable.cut({ afterBytes });
    await this.#until("cut in the middle", () => cable.connections === 0 || this.#bytesToCome === 0);
    if (cable.connections > 0) cable.cut(); // it was less than reckoned, and has all come
    await this.#adrift(`cut ${megabytes(afterBytes)} later`);
  }

  async #cutWhileIdle(): Promise<void> {
    const { cable } = this.#options.stage;
    this.#tell("idle", `nothing happens, and a cut; ${counted(IDLE_WRITES, "write")} before the cable is mended`);
    await this.#pause(500);
    cable.cut();
    await this.#adrift("cut while idle", () => this.#options.writer.write(IDLE_WRITES));
    await this.#upToDate();
  }

  async #cutWhileBusy(): Promise<void> {
    const { cable } = this.#options.stage;
    this.#tell("busy", `${counted(LIVE_WRITES, "write")}, seen as they happen, and a cut in the middle`);
    this.#note = "writing and watching";
    const writing = this.#options.writer.write(LIVE_WRITES, { hands: 2, pauseMs: 8 });
    await Promise.all([
      writing,
      this.#pause(400).then(async () => {
        cable.cut();
        await this.#adrift("cut while busy");
      }),
    ]);
    await this.#upToDate();
  }

  async #compact(): Promise<void> {
    const { stage, ledger, style, signal } = this.#options;
    const { prefix, startRevision, watching, writing } = stage;
    const revision = ledger.lastRevision;
    await writing.kv.compact(revision, { signal });
    this.#tell("compact", `history before revision ${grouped(revision)} is thrown away on the server`);

    const late = new Observer(watching, everything("A", prefix, startRevision));
    const reason = await Promise.race([late.ended, sleep(PATIENCE_MS, "nothing", { ref: false })]);
    if (!isCompactedError(reason)) {
      this.#disappoint(`a watch from revision ${String(startRevision)} ended with ${String(reason)} instead of CompactedError`);
      late.cancel();
      return;
    }
    this.#tell("", `a new watch from revision ${grouped(startRevision)} ends, as it must, with`);
    this.#tell("", style.mark(`${reason.name}, compactRevision ${grouped(reason.compactRevision ?? 0n)}`));

    const { kvs, header } = await watching.kv.get(prefix, { prefix: true, keysOnly: true, signal });
    this.observers.push(new Observer(watching, everything("A", prefix, header.revision + 1n, "* since the list")));
    this.#tell("", `so it lists the ${counted(kvs.length, "key")} and watches from ${grouped(header.revision + 1n)} on`);
    await this.#until("served", () => this.observers.every(({ isServed }) => isServed));
  }

  async #lastWords(): Promise<void> {
    this.#tell("goodbye", `${counted(LAST_WRITES, "write")} more for everybody`);
    await this.#options.writer.write(LAST_WRITES, { hands: 2, pauseMs: 4 });
    await this.#upToDate();
    await this.#pause(AFTERTHOUGHT_MS);
  }

  /** The cable is cut. Writes down from where each watch will go on, then mends it. */
  async #adrift(what: string, meanwhile?: () => Promise<void>): Promise<void> {
    const { cable } = this.#options.stage;
    const sinceMs = Date.now();
    this.#note = "every connection is cut";
    await this.#until("aware of the cut", () => this.observers.every(({ isAdrift }) => isAdrift));
    for (const observer of this.observers) observer.noteResume();
    await Promise.all([this.#pause(CUT_FOR_MS), meanwhile?.()]);
    this.#note = "";
    cable.mend();
    await this.#until("back", () => this.observers.every(({ isServed }) => isServed));
    const from = this.observers.map(({ resumedAt }) => resumedAt.at(-1) ?? 0n).sort((a, b) => (a < b ? -1 : 1));
    const [first = 0n, last = first] = [from[0], from.at(-1)];
    const where = first === last ? grouped(first) : `${grouped(first)} … ${grouped(last)}`;
    const later = `${grouped(Date.now() - sinceMs)} ms later`;
    this.#tell("", `${this.#options.style.mark("◆")} ${what.padEnd(16)} ${later.padStart(14)} they go on, from ${where}`);
  }

  async #upToDate(): Promise<void> {
    const { changes } = this.#options.ledger;
    const isComplete = ({ plan, seenCount }: Observer): boolean => seenCount >= changes.filter(plan.wants).length;
    await this.#until("up to date", () => this.observers.every(isComplete));
    this.#note = "";
  }

  /** How much the watches have not been given, roughly. */
  get #bytesToCome(): number {
    let bytes = 0;
    for (const { plan, lastRevision } of this.observers) {
      for (const change of this.#options.ledger.changes) {
        if (change.revision > lastRevision && plan.wants(change)) bytes += change.key.length + change.value.length + BYTES_AROUND_A_CHANGE;
      }
    }
    return bytes;
  }

  async #until(what: string, condition: () => boolean): Promise<void> {
    const untilMs = Date.now() + PATIENCE_MS;
    while (!condition()) {
      if (Date.now() > untilMs) {
        this.#disappoint(`the watches were not ${what} within ${PATIENCE_MS / 1000} s`);
        return;
      }
      await this.#pause(15);
    }
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#options.signal });
  }

  #disappoint(what: string): void {
    this.disappointments.push(what);
    this.#options.screen.line(`     ${this.#options.style.bad(`✘ ${what}`)}`);
  }

  #tell(scene: string, text: string): void {
    const { bold, dim } = this.#options.style;
    const number = scene === "" ? " " : String(++this.#scene);
    this.#options.screen.line(`  ${dim(number)}  ${bold(scene.padEnd(9))} ${text}`);
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
