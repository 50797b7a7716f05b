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
const FIXED_WIDTH = STATE_WIDTH + EVENTS_WIDTH + RATE_WIDTH + LAG_WIDTH + LAST_WIDTH + TREND_WIDTH + 6;
const LEAST_TITLE_WIDTH = 10;
const BARS = "▁▂▃▄▅▆▇█";

/** The whole screen, one line each, none wider than it. */
export function topScreen(sample: TopSample, size: ScreenSize, paint: Paint): string[] {
  const titleWidth = Math.max(size.columns - FIXED_WIDTH, LEAST_TITLE_WIDTH);
  const head = [...headLines(sample, size, paint), ""];
  const table = [paint("head", tableHead(titleWidth)), ...sample.watches.map((watch) => watchLine(watch, sample, titleWidth, paint))];
  const endings = sample.watches.flatMap(({ title, ending }) => (ending === undefined ? [] : [`${title}: ${ending}`]));
  const news = [...endings, ...sample.happenings];
  const footer = paint("faint", "q ends it");
  const tableRoom = Math.max(size.rows - head.length - Math.min(news.length, 4) - 3, 2);
  const shown =
    table.length <= tableRoom
      ? table
      : [...table.slice(0, tableRoom - 1), paint("faint", `and ${String(table.length - tableRoom + 1)} more`)];
  const newsRoom = size.rows - head.length - shown.length - 3;
  const recent = newsRoom <= 0 ? [] : news.slice(-newsRoom).map((line) => paint("faint", fitted(line, size.columns)));
  const filler = Array.from({ length: Math.max(newsRoom - recent.length, 0) }, () => "");
  return [...head, ...shown, "", ...recent, ...filler, footer].slice(0, size.rows);
}

function headLines({ at, runningMs, state, watches, streams, reconnects }: TopSample, { columns }: ScreenSize, paint: Paint): string[] {
  const left = `etcd-watch top  ${state.endpoint}  `;
  const right = `${runningText(runningMs)}  ${clockText(at)}`;
  const gap = " ".repeat(Math.max(columns - left.length - state.state.length - right.length, 1));
  const stateStyle = state.state === "connected" ? "good" : state.state === "connecting" ? "warning" : "bad";
  const totals = totalsOf(watches);
  const alarmed = (count: number | bigint, text: string): string => (Number(count) > 0 ? paint("warning", text) : text);
  return [
    paint("title", left) + paint(stateStyle, state.state) + gap + paint("faint", right),
    [
      `streams ${String(streams)}`,
      `watches ${String(watches.length)}`,
      `events ${grouped(totals.events)}`,
      `${rateText(totals.eventsPerSecond)}/s`,
      alarmed(totals.lag, `lag ${grouped(totals.lag)}`),
      alarmed(totals.parked, `parked ${String(totals.parked)}`),
      alarmed(reconnects, `reconnects ${String(reconnects)}`),
      ...(totals.bufferedBytes > 0 ? [`buffered ${byteSize(totals.bufferedBytes)}`] : []),
    ].join("   "),
  ];
}

function tableHead(titleWidth: number): string {
  return [
    "WATCH".padEnd(titleWidth),
    "STATE".padEnd(STATE_WIDTH),
    "EVENTS".padStart(EVENTS_WIDTH),
    "RATE/s".padStart(RATE_WIDTH),
    "LAG".padStart(LAG_WIDTH),
    "LAST".padStart(LAST_WIDTH),
    "TREND".padStart(TREND_WIDTH),
  ].join(" ");
}

function watchLine(
  { title, status, events, eventsPerSecond, history }: WatchSample,
  { at }: TopSample,
  titleWidth: number,
  paint: Paint,
): string {
  const stateStyle = status.state === "watching" ? "good" : status.state === "ended" ? "bad" : "warning";
  const last = status.lastResponseAt === undefined ? "-" : ageText(at.getTime() - status.lastResponseAt.getTime());
  return [
    fitted(title, titleWidth).padEnd(titleWidth),
    paint(stateStyle, status.state.padEnd(STATE_WIDTH)),
    grouped(events).padStart(EVENTS_WIDTH),
    rateText(eventsPerSecond).padStart(RATE_WIDTH),
    grouped(status.lag).padStart(LAG_WIDTH),
    last.padStart(LAST_WIDTH),
    paint("faint", trend(history)),
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
