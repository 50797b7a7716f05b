import { Controller, type ControllerOptions, type KeyValue, type ReconcileContext, type ReconcileResult } from "etcd-watch";
import { onTestFinished } from "vitest";
import { type Deferred, deferred } from "../../src/util/deferred.ts";
import { Stage } from "./staged-client.ts";

/** One run of `reconcile`, which ends when the test says so. */
export interface Run {
  readonly key: string;
  readonly context: ReconcileContext<string>;
  readonly end: Deferred<ReconcileResult>;
}

/** A controller of the keys below k/ on a stage, whose `reconcile` the test plays. */
export class ControllerStage {
  readonly stage = new Stage();
  readonly stop = new AbortController();
  /** Those that have begun, in order. */
  readonly runs: Run[] = [];
  /** "pending", "resolved", or what `run()` threw. */
  outcome: unknown = "pending";
  #controller: Controller<string> | undefined;

  constructor() {
    onTestFinished(() => {
      this.stop.abort();
      for (const { end } of this.runs) end.resolve(undefined);
    });
  }

  get controller(): Controller<string> {
    if (this.#controller === undefined) throw new Error("no controller was started");
    return this.#controller;
  }

  /** The keys that were worked on, with their values. */
  get seen(): string[] {
    return this.runs.map(({ key, context }) => `${key.slice(2)} ${String(context.value)}`);
  }

  /** The last run. */
  get last(): Run {
    const run = this.runs.at(-1);
    if (run === undefined) throw new Error("nothing has run");
    return run;
  }

  begin(options: Partial<ControllerOptions<string>> = {}): void {
    this.#controller = new Controller(this.stage.client, {
      prefix: "k/",
      decode: (kv: KeyValue) => kv.valueText,
      reconcile: (key, context) => {
        const run = { key, context, end: deferred<ReconcileResult>() };
        this.runs.push(run);
        return run.end.promise;
      },
      ...options,
    });
    this.#controller.run({ signal: this.stop.signal }).then(
      () => (this.outcome = "resolved"),
      (error: unknown) => (this.outcome = error),
    );
  }

  /** Begins, and lets the lists be made. */
  async start(options: Partial<ControllerOptions<string>> = {}): Promise<void> {
    this.begin(options);
    await this.stage.pass(0);
    if (this.stage.isConnected) await this.stage.serve();
  }

  /** Ends the last run well. */
  async finish(result?: ReconcileResult): Promise<void> {
    this.last.end.resolve(result);
    await this.stage.pass(0);
  }

  /** Has the last run throw. */
  async fail(error: Error = new Error("not yet")): Promise<void> {
    this.last.end.reject(error);
    await this.stage.pass(0);
  }
}
