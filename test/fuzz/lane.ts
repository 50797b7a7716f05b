import { MockEtcdServer } from "etcd-watch/mock-server";
import type { Compatibility } from "etcd-watch/mock-server";
import type { EtcdBinary } from "../support/etcd-binary.ts";
import { RealEtcd } from "../support/real-etcd.ts";
import { EtcdSide } from "./etcd-side.ts";
import { generate } from "./generate.ts";
import type { Operation } from "./operation.ts";
import { Difference, OperationsRun } from "./run-operations.ts";

/** One seed in so many runs on a store that was never written to: nothing else shows what etcd does before the first compaction. */
const FRESH_EVERY = 20;

/** Which etcd the bundled server is to be, held against that version; undefined if it imitates none like it. */
export function compatibilityWith({ version }: EtcdBinary): Compatibility | undefined {
  if (version === "3.4.23") return "3.4.23";
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return major === 3 && minor === 5 && patch >= 24 ? "latest" : undefined;
}

export interface LaneOptions {
  readonly binary: EtcdBinary;
  readonly compatibility: Compatibility;
}

/** A real etcd that serves one seed after another, each against a bundled server of its own. */
export class Lane implements AsyncDisposable {
  readonly #options: LaneOptions;
  #real: RealEtcd | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  operationsOf(seed: number, count: number): Operation[] {
    return generate({ seed, count, forgetsTombstones: this.#options.compatibility === "3.4.23" });
  }

  /** What the two servers do not agree on. */
  async difference(seed: number, operations: readonly Operation[]): Promise<Difference | undefined> {
    const wantsFresh = seed % FRESH_EVERY === 0;
    const realEtcd = await this.#etcd(wantsFresh);
    await using bundledEtcd = await MockEtcdServer.start({ compatibility: this.#options.compatibility, seed });
    const bundled = new EtcdSide("bundled", bundledEtcd.endpoint);
    const real = new EtcdSide("real", realEtcd.endpoint);
    try {
      for (const side of [bundled, real]) await (wantsFresh ? side.startOnFreshStore() : side.startOnUsedStore());
      await new OperationsRun(bundled, real).run(operations);
      return undefined;
    } catch (error) {
      // Whatever went wrong, the next run is to find an etcd that is alive.
      await this.#stop();
      if (error instanceof Difference) return error;
      throw error;
    } finally {
      bundled.close();
      real.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
  }

  async #etcd(wantsFresh: boolean): Promise<RealEtcd> {
    if (wantsFresh) await this.#stop();
    this.#real ??= await RealEtcd.start(this.#options.binary);
    return this.#real;
  }

  async #stop(): Promise<void> {
    const real = this.#real;
    this.#real = undefined;
    await real?.stop();
  }
}
