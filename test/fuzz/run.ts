/**
 * Sends random operations to the bundled server and to a real etcd, and compares what they say:
 * `npm run fuzz -- --seeds 1000 --from 1 --ops 40 --etcd /usr/bin/etcd --lanes 4`.
 * With `--minutes`, no seed is begun after that many. Without `--etcd`, it takes the etcd of ETCD_BIN or of the PATH. Ends with 1 if they do not agree.
 */
import { parseArgs } from "node:util";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import { runCampaign } from "./campaign.ts";
import type { Failure } from "./campaign.ts";
import { compatibilityWith } from "./lane.ts";
import { operationText } from "./operation.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    ops: { type: "string", default: "40" },
    lanes: { type: "string", default: "4" },
    minutes: { type: "string", default: "1440" },
    etcd: { type: "string" },
  },
});

function positive(name: "seeds" | "from" | "ops" | "lanes" | "minutes"): number {
  const number = Number(values[name]);
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`--${name} must be a number from 0 on, got ${values[name]}`);
  return number;
}

const [binary] = values.etcd === undefined ? findEtcdBinaries() : findEtcdBinaries({ ETCD_BIN: values.etcd });
if (binary === undefined) throw new Error("there is no etcd here: give its path as --etcd");
const compatibility = compatibilityWith(binary);
if (compatibility === undefined)
  throw new Error(`the bundled server is held against 3.4.23 and 3.5.24 and later, not against ${binary.version}`);

const [seeds, from, operations, lanes] = [positive("seeds"), positive("from"), positive("ops"), positive("lanes")];
const startedMs = performance.now();
const seconds = (): string => ((performance.now() - startedMs) / 1000).toFixed(1);
const isTerminal = process.stdout.isTTY;

const { done, unrepeated, failure } = await runCampaign({
  ...{ binary, compatibility, seeds, from, operations, lanes },
  deadlineMs: startedMs + positive("minutes") * 60_000,
  onSeed: (count) => {
    if (isTerminal) process.stdout.write(`\r${count} of ${seeds} seeds in ${seconds()} s`);
  },
});
if (isTerminal) process.stdout.write("\n");
for (const { seed, difference } of unrepeated) {
  console.log(`seed ${seed} differed once and not again, as it does when a server races with itself: ${difference.message}`);
  console.log(`  bundled ${difference.bundled}\n  real    ${difference.real}`);
}
if (failure === undefined) {
  console.log(
    `${done} seeds from ${from} on, ${operations} operations each, against etcd ${binary.version} in ${seconds()} s: no difference`,
  );
} else {
  report(failure);
  process.exitCode = 1;
}

function report({ seed, difference, shrunk, shrunkDifference }: Failure): void {
  console.log(
    `seed ${seed} differs from etcd ${binary?.version ?? ""} in ${difference.message}, operation ${difference.index ?? "at the end"}`,
  );
  console.log(`\n  bundled ${difference.bundled}\n  real    ${difference.real}`);
  console.log(`\n${shrunk.length} operations are enough, which end with another ${shrunkDifference.message}:`);
  shrunk.forEach((operation, index) => {
    console.log(`${index === shrunkDifference.index ? "→" : " "} ${operationText(operation)}`);
  });
  console.log(`\n  bundled ${shrunkDifference.bundled}\n  real    ${shrunkDifference.real}`);
  console.log(
    `\nonce more: npm run fuzz -- --seeds 1 --from ${seed} --ops ${operations}${values.etcd === undefined ? "" : ` --etcd ${values.etcd}`}`,
  );
}
