import { describe, expect, it } from "vitest";
import { runCampaign } from "../fuzz/campaign.ts";
import { compatibilityWith } from "../fuzz/lane.ts";
import { operationText } from "../fuzz/operation.ts";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import { mustBeFoundInCi } from "../support/etcd-in-ci.ts";

const SEEDS = 20;
/** Other seeds than those of yesterday's change would make a failure hard to place; `npm run fuzz` is for finding new ones. */
const FIRST_SEED = 1;
const OPERATIONS = 40;
/** A slow machine runs fewer seeds rather than too long. */
const MOST_MS = 10_000;

const binaries = findEtcdBinaries();

describe("the bundled server and a real etcd give the same answers", () => {
  const tried: string[] = [];
  for (const binary of binaries) {
    const compatibility = compatibilityWith(binary);
    if (compatibility === undefined) {
      console.log(`differential fuzzer: not run against etcd ${binary.version}, which the bundled server does not imitate`);
      continue;
    }
    tried.push(binary.version);
    it(`to ${SEEDS} random sequences, on etcd ${binary.version}`, { timeout: 120_000 }, async () => {
      const { done, failure } = await runCampaign({
        ...{ binary, compatibility, seeds: SEEDS, from: FIRST_SEED, operations: OPERATIONS, lanes: 5 },
        deadlineMs: performance.now() + MOST_MS,
      });
      const shown = failure && {
        again: `npm run fuzz -- --seeds 1 --from ${failure.seed} --ops ${OPERATIONS} --etcd ${binary.path}`,
        operations: failure.shrunk.map(operationText),
        bundled: failure.shrunkDifference.bundled,
        real: failure.shrunkDifference.real,
      };
      expect(shown).toBeUndefined();
      expect(done).toBeGreaterThan(0);
    });
  }
  mustBeFoundInCi("an etcd that the bundled server imitates", tried);
});
