import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { CodecFigures } from "../codec/run-codec.ts";
import { programFile } from "../program-file.ts";
import { ratioText, table } from "../report/format.ts";
import { median, ratio } from "../report/statistics.ts";
import type { BenchRun } from "./bench-run.ts";

const DECODERS = ["ours", "ours, key and value touched", "ts-proto", "google-protobuf"] as const;

/** Decoding one watch response, without a connection. */
export async function codec(run: BenchRun): Promise<string> {
  run.progress("codec");
  const file = programFile("../codec/run-codec", import.meta.url);
  const args = [file, String(Math.max(3, run.rounds)), String(run.scale)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const figures = JSON.parse(stdout) as CodecFigures;
  const head = figures.map(({ events }) => `${events} ${events === 1 ? "event" : "events"}`);
  const rows = DECODERS.map((decoder) => [decoder, ...figures.map(({ ns }) => median(ns[decoder] ?? []).toFixed(0))]);
  const ratios = DECODERS.slice(2).map((decoder) => [
    `${decoder} / ours`,
    ...figures.map(({ ns }) => ratioText(ratio(ns[decoder] ?? [], ns["ours"] ?? []))),
  ]);
  return [
    "## Codec",
    "Decoding one `WatchResponse`, values of 100 bytes, in ns an event. google-protobuf has no classes made by protoc here, but readers by hand of the same form.",
    table(["ns an event", ...head], [...rows, ...ratios]),
  ].join("\n\n");
}
