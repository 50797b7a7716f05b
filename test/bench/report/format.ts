import type { Ratio } from "./statistics.ts";

/** `1.21 M`, `461 k`. */
export function perSecond(value: number): string {
  if (!Number.isFinite(value)) return "";
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  return value >= 1e4 ? `${(value / 1e3).toFixed(0)} k` : `${(value / 1e3).toFixed(1)} k`;
}

export function ratioText({ median, least, most }: Ratio): string {
  if (!Number.isFinite(median)) return "";
  return `${short(median)} (${short(least)} to ${short(most)})`;
}

export function mib(bytes: number): string {
  return Number.isFinite(bytes) ? `${(bytes / 1024 / 1024).toFixed(0)} MiB` : "";
}

export function kib(bytes: number): string {
  return Number.isFinite(bytes) ? `${(bytes / 1024).toFixed(2)} KiB` : "";
}

export function milliseconds(ms: number): string {
  if (!Number.isFinite(ms)) return "";
  return ms >= 10_000 ? `${(ms / 1_000).toFixed(0)} s` : ms >= 1_000 ? `${(ms / 1_000).toFixed(2)} s` : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(value < 0.1 ? 3 : 2);
}
