import { it } from "vitest";
import type { RawEtcd } from "../support/raw-etcd.ts";
import type { RawWatch } from "../support/raw-watch.ts";

export interface Scenario {
  readonly etcd: RawEtcd;
  /** Opens a stream that is closed when the scenario is over. */
  readonly watch: () => RawWatch;
  /** A key that no other scenario uses: the text after a prefix of the scenario's own. */
  readonly key: (name: string) => string;
  readonly endpoint: string;
}

/** A server that scenarios run on, and what it is like. */
export interface ScenarioServer {
  readonly etcd: RawEtcd;
  readonly endpoint: string;
  /** "old" is 3.4.23; some scenarios do not hold there. */
  readonly generation: "current" | "old";
}

export type ScenarioSuite = (server: () => ScenarioServer, generation: ScenarioServer["generation"]) => void;

let scenarios = 0;

/** Writes down one scenario of the reference under its number. */
export function scenarioFor(server: () => ScenarioServer) {
  return (title: string, run: (scenario: Scenario) => Promise<void>): void => {
    it(title, { timeout: 20_000 }, async () => {
      const { etcd, endpoint } = server();
      const prefix = `s${++scenarios}/`;
      const streams: RawWatch[] = [];
      try {
        await run({
          etcd,
          endpoint,
          key: (name) => prefix + name,
          watch: () => {
            const stream = etcd.watch();
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
