import { lines } from "./lines.ts";
import { healthTable, memberTable, statusTable, type Table } from "./member-tables.ts";
import type { TablePrinter } from "./printer.ts";

/** Tables between lines of ASCII, the head in capitals and centred, the cells to the right. */
export const tablePrinter: TablePrinter = {
  members: (response) => drawn(memberTable(response)),
  statuses: (statuses) => drawn(statusTable(statuses)),
  health: (health) => drawn(healthTable(health)),
};

function drawn({ head, rows }: Table): Uint8Array {
  const titles = head.map((title) => title.toUpperCase());
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const rule = `+${widths.map((width) => "-".repeat(width + 2)).join("+")}+`;
  const rowOf = (cells: readonly string[], place: (cell: string, width: number) => string): string =>
    `|${cells.map((cell, column) => ` ${place(cell, widths[column] ?? 0)} `).join("|")}|`;
  const body = rows.map((row) => rowOf(row, (cell, width) => cell.padStart(width)));
  return lines([rule, rowOf(titles, centred), rule, ...body, ...(rows.length === 0 ? [] : [rule])]);
}

function centred(text: string, width: number): string {
  return text.padStart(text.length + Math.floor((width - text.length) / 2)).padEnd(width);
}
