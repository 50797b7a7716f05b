/**
 * Chaos from a seed, round after round, each on a server of its own, each checked when it is over:
 *
 *   npm run chaos -- --seed 1 --minutes 10 --server bundled
 *   npm run chaos -- --seed 1 --rounds 1 --server etcd
 *   npm run chaos -- --seed 1 --minutes 10 --server cluster --etcd path/to/etcd
 *
 * `--server proxy` has etcd's grpc-proxy before etcd. `--buffer-bytes 65536 --value-bytes 4000` has thousands of watches parked; `--window 2` lets two
 * creates be in flight. `--server bundled-auth` has tokens that expire. A round with seed S is begun again with `--seed S --rounds 1`: the same plan, though not the same timing. Ends with 1 after a violation.
 */
import { setMaxListeners } from "node:events";
import { parseArgs } from "node:util";
import { findEtcdBinaries, type EtcdBinary } from "../support/etcd-binary.ts";
import { startBundledTarget, startBundledTargetWithAuth } from "./bundled-target.ts";
import type { TargetKind } from "./chaos-target.ts";
import { startClusterTarget } from "./cluster-target.ts";
import { startEtcdTarget } from "./etcd-target.ts";
import { startProxyTarget } from "./proxy-target.ts";
import { runRound, type RoundResult } from "./round.ts";

const SHOWN_VIOLATIONS = 20;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    rounds: { type: "string", default: "1000000" },
    minutes: { type: "string", default: "1440" },
    seconds: { type: "string", default: "20" },
    server: { type: "string", default: "bundled" },
    etcd: { type: "string" },
    window: { type: "string" },
    "buffer-bytes": { type: "string" },
    "value-bytes": { type: "string" },
  },
});

function number(name: "seed" | "rounds" | "minutes" | "seconds"): number {
  const given = Number(values[name]);
  if (!Number.isFinite(given) || given < 0) throw new RangeError(`--${name} must be a number from 0 on, got ${values[name]}`);
  return given;
}

function positive(name: "window" | "buffer-bytes" | "value-bytes"): number | undefined {
  const given = values[name] === undefined ? undefined : Number(values[name]);
  if (given !== undefined && !(Number.isInteger(given) && given > 0))
    throw new RangeError(`--${name} must be a positive integer, got ${values[name]}`);
  return given;
}

function given<Name extends string>(name: Name, value: number | undefined): Partial<Record<Name, number>> {
  return value === undefined ? {} : ({ [name]: value } as Partial<Record<Name, number>>);
}

function binary(): EtcdBinary {
  const [found] = values.etcd === undefined ? findEtcdBinaries() : findEtcdBinaries({ ETCD_BIN: values.etcd });
  if (found === undefined) throw new Error("there is no etcd here: give its path as --etcd");
  return found;
}

function targetKind(): TargetKind {
  switch (values.server) {
    case "bundled":
      return startBundledTarget;
    case "bundled-auth":
      return startBundledTargetWithAuth;
    case "etcd":
      return startEtcdTarget.bind(undefined, binary());
    case "cluster":
      return startClusterTarget.bind(undefined, binary());
    case "proxy":
      return startProxyTarget.bind(undefined, binary());
    default:
      throw new TypeError(`--server must be bundled, bundled-auth, etcd, cluster or proxy, got ${values.server}`);
  }
}

setMaxListeners(0); // every user and writer of a round waits for the same signals

const counted = (count: number | bigint): string => count.toLocaleString("en");

function tell(
  {
    seed,
    target,
    watches,
    compacted,
    recreated,
    events,
    revisions,
    compactRevision,
    faults,
    violations,
    proxyLosses,
    stories,
  }: RoundResult,
  seconds: number,
): void {
  const struck = [...faults.values()].reduce((sum, count) => sum + count, 0);
  const history = `${counted(revisions)} revisions, ${watches} watches (${compacted} compacted, ${recreated} created again)`;
  console.log(
    `seed ${seed} on ${target}, ${seconds.toFixed(0)} s: ${history}, ${counted(events)} events checked, ${struck} faults, ${violations.length} violations`,
  );
  for (const { guarantee, where, what } of violations.slice(0, SHOWN_VIOLATIONS)) console.log(`  ✘ ${guarantee}: ${what}\n      ${where}`);
  if (violations.length > SHOWN_VIOLATIONS) console.log(`  … and ${violations.length - SHOWN_VIOLATIONS} more`);
  for (const { where, events, first, last } of proxyLosses)
    console.log(
      `  – never sent by the proxy: ${counted(events)} events, from ${first} to ${last} (compacted up to ${compactRevision})\n      ${where}`,
    );
  for (const [name, story] of stories) console.log([`  story of ${name}`, ...story].join("\n    "));
}

const [firstSeed, rounds, chaosMs] = [number("seed"), number("rounds"), number("seconds") * 1_000];
const kind = targetKind();
const special = {
  ...given("createWindow", positive("window")),
  ...given("bufferBytes", positive("buffer-bytes")),
  ...given("valueBytes", positive("value-bytes")),
};
const startedMs = performance.now();
const total = { rounds: 0, watches: 0, compacted: 0, recreated: 0, events: 0, faults: new Map<string, number>() };
const lost = { rounds: 0, watches: 0, events: 0 };
const failedSeeds: number[] = [];

for (let round = 0; round < rounds && performance.now() - startedMs < number("minutes") * 60_000; round++) {
  const roundStartedMs = performance.now();
  const result = await runRound({ kind, seed: firstSeed + round, chaosMs, ...special });
  tell(result, (performance.now() - roundStartedMs) / 1_000);
  total.rounds++;
  for (const name of ["watches", "compacted", "recreated", "events"] as const) total[name] += result[name];
  for (const [name, count] of result.faults) total.faults.set(name, (total.faults.get(name) ?? 0) + count);
  if (result.proxyLosses.length > 0) lost.rounds++;
  lost.watches += result.proxyLosses.length;
  lost.events += result.proxyLosses.reduce((sum, { events }) => sum + events, 0);
  if (result.violations.length > 0) failedSeeds.push(result.seed);
}

const struck = [...total.faults].sort(([, one], [, other]) => other - one);
console.log(
  `\n${total.rounds} rounds in ${((performance.now() - startedMs) / 60_000).toFixed(1)} minutes: ${counted(total.watches)} watches, ${counted(total.compacted)} of them compacted, ${counted(total.recreated)} created again`,
);
console.log(`events checked: ${counted(total.events)}`);
console.log(
  `faults: ${counted(struck.reduce((sum, [, count]) => sum + count, 0))} (${struck.map(([name, count]) => `${name} ${count}`).join(", ")})`,
);
if (values.server === "proxy")
  console.log(
    `the proxy itself: in ${lost.rounds} rounds it never sent ${counted(lost.events)} events that it owed to ${lost.watches} watches`,
  );
if (failedSeeds.length === 0) console.log("violations: 0");
else {
  const again = `npm run chaos -- --seed ${failedSeeds[0]} --rounds 1 --server ${values.server}${values.etcd === undefined ? "" : ` --etcd ${values.etcd}`}`;
  console.log(`violations in the rounds of seeds ${failedSeeds.join(", ")}; once more: ${again}`);
  process.exitCode = 1;
}
