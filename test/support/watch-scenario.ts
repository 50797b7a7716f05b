import { expect } from "vitest";
import type { GrpcStatusName } from "../../src/errors/grpc-status.ts";
import type { Event as WireEvent } from "../../src/gen/kv.ts";
import type { WatchCreateRequest } from "../../src/gen/rpc.ts";
import type { InMemoryConnection } from "./in-memory-connection.ts";
import { inShort, type ResponseInShort, ScenarioWatch, type ScenarioWatchOptions } from "./scenario-watch.ts";
import { ScenarioStage } from "./scenario-stage.ts";
import type { ResponseFields } from "./watch-messages.ts";
import { type HostOptions, settle, type WatcherHarness } from "./watcher-harness.ts";

/**
 * A conversation of a user, our client and a server, written down as a play: `user…` acts, `server…` answers, `connection…` and `clock…` are
 * fate, `expect…` looks. `run()` plays it, and checks after every step what must always hold (see `WatchInvariants`). Watches go by
 * name; the name is the key, unless `key` says otherwise.
 */
export class WatchScenario extends ScenarioStage {
  // The user

  userWatches(name: string, options: ScenarioWatchOptions = {}): this {
    return this.step(`userWatches("${name}")`, () => {
      this.watches.set(name, new ScenarioWatch(this.harness, name, options));
    });
  }

  userReads(name: string, count = 1): this {
    return this.step(`userReads("${name}", ${count})`, async () => {
      for (let index = 0; index < count; index++) await this.watch(name).read();
    });
  }

  userReadsOn(name: string): this {
    return this.step(`userReadsOn("${name}")`, () => void this.watch(name).readOn());
  }

  userCancels(...names: string[]): this {
    return this.step(`userCancels(${names.join()})`, () => {
      for (const name of names) this.watch(name).channel.cancel();
    });
  }

  userAborts(name: string, reason: unknown = new Error("enough")): this {
    return this.step(`userAborts("${name}")`, () => {
      this.watch(name).abort(reason);
    });
  }

  userLeavesTheLoop(name: string): this {
    return this.step(`userLeavesTheLoop("${name}")`, () => this.watch(name).leave());
  }

  userRequestsProgress(): this {
    return this.step("userRequestsProgress()", () => void this.harness.watcher.requestProgress());
  }

  userCloses(): this {
    return this.step("userCloses()", () => this.harness.watcher.close());
  }

  // The server

  serverHoldsOpens(): this {
    return this.step("serverHoldsOpens()", () => {
      this.harness.transport.holdOpens();
    });
  }

  serverOpens(): this {
    return this.step("serverOpens()", () => {
      this.harness.transport.releaseOpens();
    });
  }

  /** Answers the create that is in flight, which must be this watch's. Ids are given as etcd does: 0, 1, 2 ... */
  serverCreates(name: string, { watchId, ...fields }: ResponseFields = {}): this {
    return this.step(`serverCreates("${name}")`, () => {
      const connection = this.waitingAt(name);
      connection.send({ created: true, watchId: watchId ?? connection.nextWatchId, ...fields });
    });
  }

  /** Answers the oldest create, which must be this watch's, with the id that it asks for, as etcd does. */
  serverCreatesAsAsked(...names: readonly string[]): this {
    return this.step(`serverCreatesAsAsked("${names.join('", "')}")`, () => {
      for (const name of names) {
        const connection = this.waitingAt(name);
        const asked = connection.unanswered[0]?.watchId ?? 0n;
        connection.send({ created: true, watchId: asked === 0n ? connection.nextWatchId : asked });
      }
    });
  }

  serverRefuses(name: string, cancelReason: string, fields: ResponseFields = {}): this {
    return this.step(`serverRefuses("${name}")`, () => {
      this.waitingAt(name).send({ created: true, canceled: true, watchId: -1n, cancelReason, ...fields });
    });
  }

  /** A cancel in place of a `created`. */
  serverRefusesWithoutCreated(name: string, fields: ResponseFields): this {
    return this.step(`serverRefusesWithoutCreated("${name}")`, () => {
      const connection = this.waitingAt(name);
      connection.unanswered.shift();
      connection.send({ canceled: true, ...fields });
    });
  }

  serverSends(name: string, events: readonly WireEvent[], fields: ResponseFields = {}): this {
    return this.step(`serverSends("${name}")`, () => {
      const { connection, watchId } = this.servedAt(name);
      const watch = this.watch(name);
      const taken = watch.channel.resumeRevision;
      watch.owed.push(...events.filter(({ kv }) => kv !== undefined && kv.modRevision >= taken));
      connection.send({ watchId, events, ...fields });
    });
  }

  serverNotifies(name: string, revision: bigint): this {
    return this.step(`serverNotifies("${name}", ${revision})`, () => {
      const { connection, watchId } = this.servedAt(name);
      connection.send({ watchId, revision });
    });
  }

  serverBroadcasts(revision: bigint): this {
    return this.serverAnswers({ watchId: -1n, revision });
  }

  serverCancels(name: string, fields: ResponseFields = {}): this {
    return this.step(`serverCancels("${name}")`, () => {
      const { connection, watchId } = this.servedAt(name);
      connection.send({ watchId, canceled: true, ...fields });
    });
  }

  /** Any message at all, on the one connection that is open. */
  serverAnswers(fields: ResponseFields | Buffer): this {
    return this.step("serverAnswers()", () => {
      if (Buffer.isBuffer(fields)) this.connection().sendBytes(fields);
      else this.connection().send(fields);
    });
  }

  // Fate

  /** The stream ends with this status. The first try to open it again comes without a delay. */
  connectionBreaks(code: GrpcStatusName = "UNAVAILABLE", details = "Connection dropped"): this {
    return this.step(`connectionBreaks(${code})`, async () => {
      this.connection().end(code, details);
      await settle();
      this.harness.clock.advance(0);
    });
  }

  clockAdvances(byMs: number): this {
    return this.step(`clockAdvances(${byMs})`, () => {
      this.harness.clock.advance(byMs);
    });
  }

  // What is seen on the wire

  /** The create of this watch is in flight, with these fields. */
  expectCreateRequest(name: string, fields: Partial<WatchCreateRequest> = {}): this {
    return this.step(`expectCreateRequest("${name}")`, () => {
      expect(this.waitingAt(name).unanswered[0]).toMatchObject(fields);
    });
  }

  expectNoCreateRequest(): this {
    return this.step("expectNoCreateRequest()", () => {
      expect(this.open.flatMap(({ unanswered }) => unanswered)).toEqual([]);
    });
  }

  /** All CancelRequests on the connection that is open. */
  expectCancelRequests(...watchIds: bigint[]): this {
    return this.step("expectCancelRequests()", () => {
      expect(this.connection().cancels).toEqual(watchIds);
    });
  }

  expectProgressRequests(count: number): this {
    return this.step("expectProgressRequests()", () => {
      expect(this.connection().progressRequests).toBe(count);
    });
  }

  expectConnections(states: readonly InMemoryConnection["state"][]): this {
    return this.step("expectConnections()", () => {
      expect(this.harness.transport.connections.map(({ state }) => state)).toEqual(states);
    });
  }

  // What the user sees

  /** The revisions of the events that came since the last look, and nothing beside them. */
  expectEvents(name: string, revisions: readonly bigint[]): this {
    return this.step(`expectEvents("${name}")`, () => {
      const responses = this.watch(name).takeUnexpected().map(inShort);
      expect(responses.flatMap<unknown>((response) => response)).toEqual(revisions);
    });
  }

  /** The responses that came since the last look, in short. */
  expectResponses(name: string, responses: readonly ResponseInShort[]): this {
    return this.step(`expectResponses("${name}")`, () => {
      expect(this.watch(name).takeUnexpected().map(inShort)).toEqual(responses);
    });
  }

  expectNothing(...names: string[]): this {
    for (const name of names) this.expectResponses(name, []);
    return this;
  }

  /** The loop is over: quietly, or with an error that has these fields. */
  expectEnd(name: string, ending: "quietly" | Record<string, unknown>): this {
    return this.step(`expectEnd("${name}")`, () => {
      const { ending: actual } = this.watch(name);
      if (ending === "quietly") expect(actual).toBe("quietly");
      else expect(actual).toMatchObject({ error: ending });
    });
  }

  expectNoEnd(...names: string[]): this {
    return this.step(`expectNoEnd(${names.join()})`, () => {
      for (const name of names) expect(this.watch(name).ending, name).toBeUndefined();
    });
  }

  expectState(name: string, state: "resuming" | "watching" | "parked" | "ended"): this {
    return this.step(`expectState("${name}")`, () => {
      expect(this.watch(name).channel.status.state).toBe(state);
    });
  }

  expectResumeRevision(name: string, revision: bigint): this {
    return this.step(`expectResumeRevision("${name}")`, () => {
      expect(this.watch(name).channel.resumeRevision).toBe(revision);
    });
  }

  /** `created` has fulfilled with a revision, or rejected with an error of these fields. */
  expectCreated(name: string, outcome: bigint | Record<string, unknown> | undefined): this {
    return this.step(`expectCreated("${name}")`, () => {
      const { created } = this.watch(name);
      if (typeof outcome === "object") expect(created).toMatchObject(outcome);
      else expect(created).toBe(outcome);
    });
  }

  /** Anything else: `look` gets the harness and the watches. */
  expectThat(title: string, look: (harness: WatcherHarness, watch: (name: string) => ScenarioWatch) => void | Promise<void>): this {
    return this.step(title, () => look(this.harness, (name) => this.watch(name)));
  }
}

export function watchScenario(options: HostOptions = {}): WatchScenario {
  return new WatchScenario(options);
}
