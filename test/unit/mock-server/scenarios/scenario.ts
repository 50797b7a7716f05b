import type { Metadata } from "@grpc/grpc-js";
import { it } from "vitest";
import type { RawEtcd } from "../support/raw-etcd.ts";
import type { RawWatch } from "../support/raw-watch.ts";
import { since } from "../support/server-traits.ts";
import type { ServerTraits, Trait } from "../support/server-traits.ts";

export interface Scenario extends ScenarioServer {
  /** Opens a stream that is closed when the scenario is over. */
  readonly watch: (metadata?: Metadata) => RawWatch;
  /** A key that no other scenario uses: the text after a prefix of the scenario's own. */
  readonly key: (name: string) => string;
}

/** A server that scenarios run on. */
export interface ScenarioServer {
  readonly etcd: RawEtcd;
  readonly endpoint: string;
  /** Starts another one of its kind, with nothing in it. */
  readonly startFresh: () => Promise<FreshServer>;
}

export interface FreshServer {
  readonly endpoint: string;
  /** On the same port and with the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export type ScenarioSuite = (server: () => ScenarioServer, traits: ServerTraits) => void;

export type Run = (scenario: Scenario) => Promise<void>;

/** What a scenario says of servers that have the trait, and of those that do not. Each is a title and what is to be seen. */
export interface VersionedRuns {
  readonly holds: readonly [title: string, run: Run];
  readonly before: readonly [title: string, run: Run];
}

/** Servers are started with this interval, for the scenarios about progress in time. A server adds a tenth at most. */
export const PROGRESS_INTERVAL_MS = 200;

/** Long, because a scenario that is given up goes on writing, and those after it see that. */
const SCENARIO_TIMEOUT_MS = 60_000;

let scenarios = 0;

/** Writes down a scenario that older servers see otherwise: on each server the half that is for it. */
export function versionedScenarioFor(server: () => ScenarioServer, traits: ServerTraits) {
  const scenario = scenarioFor(server);
  return (number: number, trait: Trait, { holds, before }: VersionedRuns): void => {
    const [title, run] = traits[trait] ? holds : before;
    scenario(`${number}: ${title} (${traits[trait] ? "from" : "before"} ${since[trait]})`, run);
  };
}

/** Writes down one scenario of the reference under its number. */
export function scenarioFor(server: () => ScenarioServer) {
  return (title: string, run: Run): void => {
    it(title, { timeout: SCENARIO_TIMEOUT_MS }, async () => {
      const { etcd, endpoint, startFresh } = server();
      const prefix = `s${++scenarios}/`;
      const streams: RawWatch[] = [];
      try {
        await run({
          etcd,
          endpoint,
          startFresh,
          key: (name) => prefix + name,
          watch: (metadata) => {
            const stream = etcd.watch(metadata);
            streams.push(stream);
            return stream;
          },
        });
      } finally {
        for (const stream of streams) stream.close();
      }
    });
  };
}

/** The end of the range that holds every key with this prefix. */
export function prefixEnd(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}
