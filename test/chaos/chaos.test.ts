import { setMaxListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import { mustBeFoundInCi } from "../support/etcd-in-ci.ts";
import { startBundledTarget, startBundledTargetWithAuth } from "./bundled-target.ts";
import type { TargetKind } from "./chaos-target.ts";
import { startClusterTarget } from "./cluster-target.ts";
import { startEtcdTarget } from "./etcd-target.ts";
import { startProxyTarget } from "./proxy-target.ts";
import { runRound } from "./round.ts";

/** `npm run chaos` is for long runs and new seeds. */
const CHAOS_MS = 3_000;
const TIMEOUT_MS = 120_000;
/** A round that got to less has shown little; on a busy machine it goes on until it has. */
const LEAST_EVENTS = 101;
const LEAST_FAULT_KINDS = 3;

setMaxListeners(0); // every user and writer of a round waits for the same signals

/** The seed decides what is done, and the machine when: a failure that does not come again with its seed is one all the same. */
async function keepsItsGuarantees(kind: TargetKind, seed: number): Promise<void> {
  const result = await runRound({
    kind,
    seed,
    chaosMs: CHAOS_MS,
    leastRevisions: 100,
    leastEvents: LEAST_EVENTS,
    leastFaultKinds: LEAST_FAULT_KINDS,
    pastRevisions: 60,
    usersOfALane: 6,
    faultRestMs: 300,
  });
  expect(result.violations, [...result.stories.values()].flat().join("\n")).toEqual([]);
  expect(result.events).toBeGreaterThanOrEqual(LEAST_EVENTS);
  expect(result.faults.size).toBeGreaterThanOrEqual(LEAST_FAULT_KINDS);
}

describe("the bundled server under chaos", () => {
  it.each([1, 2])("[193] keeps every guarantee of every watch, seed %d", { timeout: TIMEOUT_MS }, (seed) => {
    return keepsItsGuarantees(startBundledTarget, seed);
  });

  it("[193] keeps them where tokens expire", { timeout: TIMEOUT_MS }, () => keepsItsGuarantees(startBundledTargetWithAuth, 3));
});

const binaries = findEtcdBinaries();

for (const binary of binaries) {
  describe(`etcd ${binary.version} under chaos`, () => {
    it("[193] keeps every guarantee of every watch", { timeout: TIMEOUT_MS }, () =>
      keepsItsGuarantees(startEtcdTarget.bind(undefined, binary), 4),
    );

    it("[193] keeps them as three members", { timeout: TIMEOUT_MS }, () =>
      keepsItsGuarantees(startClusterTarget.bind(undefined, binary), 5),
    );
  });
}

for (const binary of binaries.slice(0, 1)) {
  describe(`etcd ${binary.version} behind its grpc-proxy under chaos`, () => {
    it("[193] keeps them in all that the proxy has sent", { timeout: TIMEOUT_MS }, () =>
      keepsItsGuarantees(startProxyTarget.bind(undefined, binary), 6),
    );
  });
}

describe("chaos", () => {
  mustBeFoundInCi(
    "an etcd for chaos",
    binaries.map(({ version }) => version),
  );
});
