import { CommandError, exitCodes } from "../exit-code.ts";
import { fieldsPrinter } from "./fields-printer.ts";
import { jsonPrinter } from "./json-printer.ts";
import type { Printer, TablePrinter } from "./printer.ts";
import { simplePrinter } from "./simple-printer.ts";
import { tablePrinter } from "./table-printer.ts";

/** @throws {CommandError} badFeature, as etcdctl, for a format that there is not, or not of this answer */
export function printerFor<Wanted extends keyof Printer>(
  format: string,
  wanted: Wanted,
  { isHex, isValueOnly = false }: { readonly isHex: boolean; readonly isValueOnly?: boolean },
): Pick<Printer, Wanted> {
  switch (format) {
    case "simple":
      return simplePrinter({ isHex, isValueOnly });
    case "json":
      return jsonPrinter;
    case "fields":
      return fieldsPrinter;
    case "table":
      if (canBeTable(wanted)) return tablePrinter as TablePrinter & Pick<Printer, Wanted>;
      throw new CommandError(exitCodes.badFeature, `table not supported as output format, only for members, status and health`);
    case "protobuf":
      throw new CommandError(exitCodes.badFeature, "protobuf not supported as output format: use json, which holds the same");
    default:
      throw new CommandError(
        exitCodes.badFeature,
        `unsupported output format ${JSON.stringify(format)}: use simple, json, fields or table`,
      );
  }
}

function canBeTable(wanted: keyof Printer): wanted is keyof TablePrinter {
  return wanted in tablePrinter;
}
