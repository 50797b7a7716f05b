import type { GetOptions, Key, SortOptions } from "../../index.ts";
import { withClient } from "../client.ts";
import type { Context } from "../context.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";
import { printerFor } from "../output/printer-for.ts";
import type { FlagValues } from "../parse/flag.ts";

type RangeOptions = Omit<GetOptions, "signal" | "timeoutMs">;

export async function getCommand({ flags, args, ...context }: Context): Promise<ExitCode> {
  const { key, options } = getRequest(flags, args);
  const [format, isValueOnly] = [flags.text("write-out"), flags.bool("print-value-only")];
  const printer = printerFor(format, "get", { isHex: flags.bool("hex"), isValueOnly });
  if (isValueOnly && format !== "simple")
    throw new CommandError(exitCodes.badArguments, `--print-value-only is only for --write-out=simple, got ${format}`);
  if (flags.bool("count-only") && format === "simple")
    throw new CommandError(exitCodes.badArguments, "--count-only is only for --write-out=fields and json");
  return withClient({ flags, args, ...context }, async (client) => {
    await context.output.write(printer.get(await client.kv.get(key, { ...options, signal: context.signal })));
    return exitCodes.success;
  });
}

/** What a `get` asks for, on the command line or in a transaction. */
export function getRequest<K extends Key>(flags: FlagValues, args: readonly K[]): { readonly key: K; readonly options: RangeOptions } {
  const [key, rangeEnd] = args;
  if (key === undefined)
    throw new CommandError(exitCodes.badArguments, "get command needs one argument as key and an optional argument as range_end", {
      helpFor: "get",
    });
  const range = rangeFlags(flags, rangeEnd);
  if (flags.bool("keys-only") && flags.bool("count-only"))
    throw new CommandError(exitCodes.badArguments, "`--keys-only` and `--count-only` cannot be set at the same time, choose one");
  const sort = sortFlags(flags);
  return {
    key,
    options: {
      ...range,
      ...(sort === undefined ? {} : { sort }),
      serializable: isSerializable(flags.text("consistency")),
      limit: atLeast0(flags.int64("limit")),
      revision: atLeast0(flags.int64("rev")),
      keysOnly: flags.bool("keys-only"),
      countOnly: flags.bool("count-only"),
      ...revisionLimits(flags),
    },
  };
}

/** The range of a `get` or `del`. */
export function rangeFlags(flags: FlagValues, rangeEnd: Key | undefined): Pick<RangeOptions, "prefix" | "fromKey" | "rangeEnd"> {
  const [prefix, fromKey] = [flags.bool("prefix"), flags.bool("from-key")];
  if (prefix && fromKey)
    throw new CommandError(exitCodes.badArguments, "`--prefix` and `--from-key` cannot be set at the same time, choose one");
  if (rangeEnd === undefined) return { prefix, fromKey };
  if (prefix || fromKey)
    throw new CommandError(exitCodes.badArguments, "too many arguments, only accept one argument when `--prefix` or `--from-key` is set");
  return { rangeEnd };
}

function sortFlags(flags: FlagValues): SortOptions | undefined {
  const [order, target] = [flags.text("order"), flags.text("sort-by")];
  const known = sortOrders.get(order.toUpperCase());
  if (known === undefined) throw new CommandError(exitCodes.badFeature, `bad sort order ${order}: use ASCEND or DESCEND`);
  const by = sortTargets.get(target.toUpperCase());
  if (by === undefined)
    throw new CommandError(exitCodes.badFeature, `bad sort target ${target}: use CREATE, KEY, MODIFY, VALUE or VERSION`);
  return order === "" && target === "" ? undefined : { by, order: known };
}

const sortOrders: ReadonlyMap<string, NonNullable<SortOptions["order"]>> = new Map([
  ["", "ascend"],
  ["ASCEND", "ascend"],
  ["DESCEND", "descend"],
]);

const sortTargets: ReadonlyMap<string, NonNullable<SortOptions["by"]>> = new Map([
  ["", "key"],
  ["CREATE", "create"],
  ["KEY", "key"],
  ["MODIFY", "mod"],
  ["VALUE", "value"],
  ["VERSION", "version"],
]);

function isSerializable(consistency: string): boolean {
  if (consistency === "l" || consistency === "s") return consistency === "s";
  throw new CommandError(exitCodes.badFeature, `unknown consistency flag ${JSON.stringify(consistency)}: use l or s`);
}

function revisionLimits(flags: FlagValues): RangeOptions {
  const [minCreate, maxCreate] = [atLeast0(flags.int64("min-create-rev")), atLeast0(flags.int64("max-create-rev"))];
  const [minMod, maxMod] = [atLeast0(flags.int64("min-mod-rev")), atLeast0(flags.int64("max-mod-rev"))];
  checkOrder("create", minCreate, maxCreate);
  checkOrder("mod", minMod, maxMod);
  return { minCreateRevision: minCreate, maxCreateRevision: maxCreate, minModRevision: minMod, maxModRevision: maxMod };
}

function checkOrder(what: string, least: bigint, most: bigint): void {
  if (most > 0n && least > most)
    throw new CommandError(exitCodes.badFeature, `--min-${what}-rev=${String(least)} is above --max-${what}-rev=${String(most)}`);
}

/** etcdctl takes a negative number for none. */
function atLeast0(value: bigint): bigint {
  return value < 0n ? 0n : value;
}
