import { Event_EventType } from "../../src/gen/kv.ts";
import type { InMemoryTransport } from "./in-memory-transport.ts";
import type { ScenarioWatch } from "./scenario-watch.ts";

/** The reader is not given an event that nobody can tell the meaning of. */
const KNOWN_TYPES: readonly number[] = Object.values(Event_EventType);

/** What must hold at any moment, whatever the server did. Made once for each scenario, asked after each of its steps. */
export class WatchInvariants {
  readonly #transport: InMemoryTransport;
  readonly #resumeRevisions = new Map<ScenarioWatch, bigint>();

  constructor(transport: InMemoryTransport) {
    this.#transport = transport;
  }

  /** @throws {Error} that names the rule and the watch */
  check(watches: ReadonlyMap<string, ScenarioWatch>): void {
    this.#checkConnections();
    for (const [name, watch] of watches) {
      this.#checkPlace(name, watch);
      this.#checkCreates(name, watch);
      this.#checkServerWatches(name, watch, watches);
      this.#checkDelivered(name, watch);
      this.#checkResumeRevision(name, watch);
      this.#checkBuffer(name, watch);
    }
  }

  #checkConnections(): void {
    for (const { unanswered, lateRequests, hasEchoed, creates } of this.#transport.connections) {
      const window = hasEchoed ? 256 : 1;
      rule(unanswered.length <= window, `${window} creates are in flight at a time, not ${unanswered.length}`);
      const ownIds = creates.map(({ watchId }) => watchId).filter((watchId) => watchId !== 0n);
      rule(new Set(ownIds).size === ownIds.length, "an id of ours is asked for twice on a connection");
      rule(lateRequests === 0, `nothing is written to a call that is over, but ${lateRequests} requests were`);
    }
  }

  /** The place that a watch says it is in is the one that the wire shows. */
  #checkPlace(name: string, watch: ScenarioWatch): void {
    const { state } = watch.channel.status;
    if (state === "ended") return;
    const isServed = this.#serverWatches(watch) > 0;
    rule(isServed === (state === "watching"), `"${name}" is ${state}, and the server has ${isServed ? "a" : "no"} watch for it`);
  }

  #checkCreates(name: string, watch: ScenarioWatch): void {
    let before = 0n;
    for (const { startRevision } of this.#creates(watch)) {
      rule(startRevision >= before, `"${name}" was created again from ${startRevision}, after ${before}`);
      before = startRevision;
    }
  }

  #checkServerWatches(name: string, watch: ScenarioWatch, watches: ReadonlyMap<string, ScenarioWatch>): void {
    const wanted = [...watches.values()].filter((other) => sameRange(other, watch) && other.channel.status.state !== "ended").length;
    const live = this.#serverWatches(watch);
    rule(live <= wanted, `the server has ${live} watches of the range of "${name}", and the user ${wanted}`);
  }

  #checkDelivered(name: string, { responses }: ScenarioWatch): void {
    let last = 0n;
    for (const { events } of responses) {
      const [first] = events;
      if (first === undefined) continue;
      rule(first.kv.modRevision > last, `"${name}" was given revision ${first.kv.modRevision} after ${last}`);
      const keys = new Set<string>();
      for (const { kv } of events) {
        rule(kv.modRevision >= last, `"${name}" was given revision ${kv.modRevision} after ${last} in one response`);
        if (kv.modRevision > last) keys.clear();
        rule(!keys.has(kv.keyText), `"${name}" was given ${kv.keyText} at ${kv.modRevision} twice`);
        keys.add(kv.keyText);
        last = kv.modRevision;
      }
    }
  }

  /** It never goes back, and never beyond an event that the reader has not been given. */
  #checkResumeRevision(name: string, watch: ScenarioWatch): void {
    const { resumeRevision } = watch.channel;
    const before = this.#resumeRevisions.get(watch) ?? 0n;
    rule(resumeRevision >= before, `the resumeRevision of "${name}" went back from ${before} to ${resumeRevision}`);
    this.#resumeRevisions.set(watch, resumeRevision);
    const given = new Set(watch.responses.flatMap(({ events }) => events.map(({ kv }) => `${kv.keyText}@${kv.modRevision}`)));
    for (const { kv, type } of watch.owed) {
      if (kv === undefined || !KNOWN_TYPES.includes(type)) continue;
      const isGiven = given.has(`${Buffer.from(kv.key).toString()}@${kv.modRevision}`);
      rule(
        isGiven || resumeRevision <= kv.modRevision,
        `the resumeRevision of "${name}" is ${resumeRevision}, and ${kv.modRevision} was not read`,
      );
    }
  }

  #checkBuffer(name: string, { channel, maxBytes }: ScenarioWatch): void {
    const bound = maxBytes + Math.max(0, ...this.#transport.connections.map(({ largestMessage }) => largestMessage));
    const { bufferedBytes } = channel.status;
    rule(bufferedBytes <= bound, `"${name}" holds ${bufferedBytes} bytes, and may hold ${bound}`);
  }

  #creates(watch: ScenarioWatch) {
    return this.#transport.connections.flatMap(({ creates }) => creates.filter((create) => watch.isFor(create))).slice(watch.createsBefore);
  }

  #serverWatches(watch: ScenarioWatch): number {
    const live = this.#transport.connections.flatMap((connection) => [...connection.live.values()]);
    return live.filter((create) => watch.isFor(create)).length;
  }
}

function sameRange(one: ScenarioWatch, other: ScenarioWatch): boolean {
  return one.range.key.equals(other.range.key) && one.range.rangeEnd.equals(other.range.rangeEnd);
}

function rule(holds: boolean, broken: string): void {
  if (!holds) throw new Error(`an invariant is broken: ${broken}`);
}
