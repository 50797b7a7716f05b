import { expect } from "vitest";
import type { InMemoryConnection } from "./in-memory-connection.ts";
import { inShort, type ScenarioWatch } from "./scenario-watch.ts";
import { WatchInvariants } from "./watch-invariants.ts";
import { type HostOptions, settle, watcherHarness, type WatcherHarness } from "./watcher-harness.ts";

interface Step {
  readonly title: string;
  readonly run: () => void | Promise<void>;
}

/** Where a scenario is played: its watches, its connections, and its steps so far. What the steps are is for the subclass to say. */
export abstract class ScenarioStage {
  protected readonly harness: WatcherHarness;
  protected readonly watches = new Map<string, ScenarioWatch>();
  readonly #steps: Step[] = [];

  constructor(options: HostOptions) {
    this.harness = watcherHarness(options);
  }

  /** Plays the scenario, then closes the watcher and sees that nothing is left. */
  async run(): Promise<void> {
    this.step("at last the user closes", () => this.harness.watcher.close()).step("after that", () => {
      this.#expectNothingLeft();
    });
    const invariants = new WatchInvariants(this.harness.transport);
    for (const [index, { title, run }] of this.#steps.entries()) {
      try {
        await run();
        await settle();
        invariants.check(this.watches);
      } catch (error) {
        if (error instanceof Error) error.message = `step ${index + 1}, ${title}: ${error.message}`;
        throw error;
      }
    }
  }

  #expectNothingLeft(): void {
    const { clock, transport } = this.harness;
    expect(this.open, "open connections").toEqual([]);
    expect(transport.hangingOpens, "hanging opens").toBe(0);
    expect(clock.pendingTimers, "timers").toBe(0);
    for (const [name, watch] of this.watches) {
      expect(watch.channel.status.state, name).toBe("ended");
      expect(watch.listeners, `abort listeners of ${name}`).toBe(0);
      expect(watch.takeUnexpected().map(inShort), `responses of ${name} that nobody expected`).toEqual([]);
    }
  }

  protected step(title: string, run: () => void | Promise<void>): this {
    this.#steps.push({ title, run });
    return this;
  }

  protected watch(name: string): ScenarioWatch {
    const watch = this.watches.get(name);
    if (watch === undefined) throw new Error(`the user has no watch "${name}"`);
    return watch;
  }

  protected get open(): InMemoryConnection[] {
    return this.harness.transport.connections.filter(({ state }) => state === "open");
  }

  protected connection(): InMemoryConnection {
    const [connection, ...others] = this.open;
    if (connection === undefined || others.length > 0) throw new Error(`${this.open.length} connections are open, not one`);
    return connection;
  }

  protected waitingAt(name: string): InMemoryConnection {
    const watch = this.watch(name);
    const found = this.open.find(({ unanswered: [create] }) => create !== undefined && watch.isFor(create));
    if (found === undefined) throw new Error(`no create of "${name}" is in flight`);
    return found;
  }

  protected servedAt(name: string): { connection: InMemoryConnection; watchId: bigint } {
    const watch = this.watch(name);
    for (const connection of this.open) {
      for (const [watchId, create] of connection.live) if (watch.isFor(create)) return { connection, watchId };
    }
    throw new Error(`the server has no watch for "${name}"`);
  }
}
