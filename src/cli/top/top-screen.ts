import { byteSize } from "../output/quantities.ts";
import { clockText, type TopSample, type WatchSample } from "./top-model.ts";

type Style = "title" | "good" | "bad" | "warning" | "faint" | "head";

/** Sets text off, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

const STATE_WIDTH = 9;
const EVENTS_WIDTH = 10;
const RATE_WIDTH = 9;
const LAG_WIDTH = 7;
const LAST_WIDTH = 8;
const TREND_WIDTH = 12;
const NEEDED_WIDTH = STATE_WIDTH + EVENTS_WIDTH + RATE_WIDTH + LAG_WIDTH + 4;
const LEAST_TITLE_WIDTH = 18;
/** Of what happened, so many lines are shown however many watches there are. */
const LEAST_NEWS = 4;
const BARS = "▁▂▃▄▅▆▇█";

/** Which columns there is room for. The name of the watch takes what the others leave. */
interface Layout {
  readonly titleWidth: number;
  readonly hasLast: boolean;
  readonly hasTrend: boolean;
}

function layoutFor(columns: number): Layout {
  const room = columns - NEEDED_WIDTH - LEAST_TITLE_WIDTH;
  const hasLast = room >= LAST_WIDTH + 1;
  const hasTrend = room >= LAST_WIDTH + TREND_WIDTH + 2;
  const taken = NEEDED_WIDTH + (hasLast ? LAST_WIDTH + 1 : 0) + (hasTrend ? TREND_WIDTH + 1 : 0);
  return { titleWidth: Math.max(columns - taken, 1), hasLast, hasTrend };
}

/** The whole screen, one line each. */
export function topScreen(sample: TopSample, size: ScreenSize, paint: Paint): string[] {
  const { columns, rows } = size;
  const layout = layoutFor(columns);
  const head = [...headLines(sample, columns, paint), "", paint("head", tableHead(layout))];
  const endings = sample.watches.flatMap(({ title, ending }) => (ending === undefined ? [] : [`${title} has ended: ${ending}`]));
  const newsWanted = Math.min(endings.length + sample.happenings.length, LEAST_NEWS);
  const watches = cut(
    sample.watches.map((watch) => watchLine(watch, sample, layout, paint)),
    Math.max(rows - head.length - newsWanted - 2, 1),
  );
  const newsRoom = Math.max(rows - head.length - watches.length - 2, 0);
  const told = endings.slice(0, newsRoom).map((line) => paint("bad", fitted(line, columns)));
  const happened = newsRoom > told.length ? sample.happenings.slice(told.length - newsRoom) : [];
  const news = [...told, ...happened.map((line) => paint("faint", fitted(line, columns)))];
  const filler = Array.from({ length: newsRoom - news.length }, () => "");
  return [...head, ...watches, "", ...news, ...filler, paint("faint", fitted("q ends it", columns))].slice(0, rows);
}

function cut(lines: readonly string[], most: number): readonly string[] {
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), `and ${String(lines.length - most + 1)} more`];
}

function headLines({ at, runningMs, state, watches, streams, reconnects }: TopSample, columns: number, paint: Paint): string[] {
  const left = fitted(`etcd-watch top  ${state.endpoint}  `, Math.max(columns - state.state.length, 1));
  const right = `${runningText(runningMs)}  ${clockText(at)}`;
  const gap = columns - left.length - state.state.length - right.length;
  const stateStyle = state.state === "connected" ? "good" : state.state === "connecting" ? "warning" : "bad";
  const totals = totalsOf(watches);
  const items: readonly (readonly [text: string, isAlarming: boolean])[] = [
    [`streams ${String(streams)}`, false],
    [`watches ${String(watches.length)}`, false],
    [`events ${grouped(totals.events)}`, false],
    [`${rateText(totals.eventsPerSecond)}/s`, false],
    [`lag ${grouped(totals.lag)}`, totals.lag > 0n],
    [`parked ${String(totals.parked)}`, totals.parked > 0],
    [`reconnects ${String(reconnects)}`, reconnects > 0],
    ...(totals.bufferedBytes > 0 ? [[`buffered ${byteSize(totals.bufferedBytes)}`, false] as const] : []),
  ];
  const fitting = items.filter(
    (_, index) =>
      items
        .slice(0, index + 1)
        .map(([text]) => text)
        .join("  ").length <= columns,
  );
  return [
    paint("title", left) + paint(stateStyle, state.state) + (gap > 0 ? " ".repeat(gap) + paint("faint", right) : ""),
    fitting.map(([text, isAlarming]) => (isAlarming ? paint("warning", text) : text)).join("  "),
  ];
}

function tableHead({ titleWidth, hasLast, hasTrend }: Layout): string {
  return [
    fitted("WATCH", titleWidth).padEnd(titleWidth),
    "STATE".padEnd(STATE_WIDTH),
    "EVENTS".padStart(EVENTS_WIDTH),
    "RATE/s".padStart(RATE_WIDTH),
    "LAG".padStart(LAG_WIDTH),
    ...(hasLast ? ["LAST".padStart(LAST_WIDTH)] : []),
    ...(hasTrend ? ["TREND".padStart(TREND_WIDTH)] : []),
  ].join(" ");
}

function watchLine(
  { title, status, events, eventsPerSecond, history }: WatchSample,
  { at }: TopSample,
  layout: Layout,
  paint: Paint,
): string {
  const { titleWidth, hasLast, hasTrend } = layout;
  const stateStyle = status.state === "watching" ? "good" : status.state === "ended" ? "bad" : "warning";
  const last = status.lastResponseAt === undefined ? "-" : ageText(at.getTime() - status.lastResponseAt.getTime());
  return [
    fitted(title, titleWidth).padEnd(titleWidth),
    paint(stateStyle, status.state.padEnd(STATE_WIDTH)),
    grouped(events).padStart(EVENTS_WIDTH),
    rateText(eventsPerSecond).padStart(RATE_WIDTH),
    grouped(status.lag).padStart(LAG_WIDTH),
    ...(hasLast ? [last.padStart(LAST_WIDTH)] : []),
    ...(hasTrend ? [paint("faint", trend(history))] : []),
  ].join(" ");
}

/** One line for a log: what the screen says, in words that can be searched. */
export function topLine({ at, state, watches, streams, reconnects }: TopSample): string {
  const { events, eventsPerSecond, lag, parked } = totalsOf(watches);
  return [
    at.toISOString(),
    state.state,
    state.endpoint,
    `streams=${String(streams)}`,
    `watches=${String(watches.length)}`,
    `events=${String(events)}`,
    `rate=${rateText(eventsPerSecond).replaceAll(",", "")}/s`,
    `lag=${String(lag)}`,
    `parked=${String(parked)}`,
    `reconnects=${String(reconnects)}`,
  ].join(" ");
}

function totalsOf(watches: readonly WatchSample[]) {
  const totals = { events: 0, eventsPerSecond: 0, lag: 0n, parked: 0, bufferedBytes: 0 };
  for (const { events, eventsPerSecond, status } of watches) {
    totals.events += events;
    totals.eventsPerSecond += eventsPerSecond;
    totals.lag += status.lag;
    totals.parked += status.state === "parked" ? 1 : 0;
    totals.bufferedBytes += status.bufferedBytes;
  }
  return totals;
}

/** The last rates as bars, the highest one full. */
function trend(history: readonly number[]): string {
  const recent = history.slice(-TREND_WIDTH);
  const highest = Math.max(...recent, 0);
  if (highest === 0) return " ".repeat(TREND_WIDTH);
  const bars = recent.map((rate) => (rate === 0 ? " " : (BARS[Math.ceil((rate / highest) * BARS.length) - 1] ?? "")));
  return bars.join("").padStart(TREND_WIDTH);
}

function grouped(value: number | bigint): string {
  return value.toLocaleString("en-US");
}

function rateText(perSecond: number): string {
  return perSecond >= 100 ? grouped(Math.round(perSecond)) : perSecond.toFixed(1);
}

function ageText(ms: number): string {
  if (ms < 1_000) return "now";
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${String(seconds)}s`;
  if (seconds < 3_600) return `${String(Math.floor(seconds / 60))}m`;
  return `${String(Math.floor(seconds / 3_600))}h`;
}

function runningText(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  return `up ${hours > 0 ? `${String(hours)}h` : ""}${minutes > 0 || hours > 0 ? `${String(minutes)}m` : ""}${String(seconds % 60)}s`;
}

/** Cut short with an ellipsis. Control characters would move the cursor: they become dots. */
function fitted(text: string, width: number): string {
  const plain = text.replace(/\p{C}/gu, "·");
  return plain.length <= width ? plain : `${plain.slice(0, width - 1)}…`;
}
