import type { Dice } from "../fuzz/dice.ts";
import { ScenarioWatch } from "../support/scenario-watch.ts";
import { put } from "../support/watch-messages.ts";
import { settle, watcherHarness } from "../support/watcher-harness.ts";
import { StepMaker } from "./make-steps.ts";
import { responseFields } from "./step-message.ts";
import { rule } from "./stream-rules.ts";
import type { StepMessage } from "./stream-step.ts";

/** Something for the watch that a server treats badly; or a change for the other one, which it treats well. */
export type IsolationStep = StepMessage | "change";

const TARGET = 0n;
const NEIGHBOUR = 1n;
const WILDNESS = 20;

export function isolationSteps(dice: Dice, count: number): IsolationStep[] {
  const maker = new StepMaker(dice, WILDNESS);
  // What says nothing of the stream, of the cluster or of another watch.
  return dice.list(count, () => (dice.chance(40) ? "change" : { ...maker.message(), clusterId: 1n, created: false }));
}

/**
 * Two watches on one stream. Whatever is said of the one that concerns no more than it, the other one is given every change, once, and the
 * stream stays.
 * @throws {BrokenRule}
 */
export async function playIsolation(steps: readonly IsolationStep[]): Promise<{ readonly events: number }> {
  const harness = watcherHarness();
  const fragment = steps.length % 2 === 0;
  new ScenarioWatch(harness, "target", { startRevision: 1n, fragment, progressNotify: true, buffer: { maxBytes: 500 } });
  const neighbour = new ScenarioWatch(harness, "neighbour", { startRevision: 1n });
  await settle();
  const [connection] = harness.transport.connections;
  if (connection === undefined) throw new Error("no stream was opened");
  for (const watchId of [TARGET, NEIGHBOUR]) {
    connection.send({ created: true, watchId, revision: 5n });
    await settle();
  }
  let revision = 5n;
  for (const step of steps) {
    if (step === "change") connection.send({ watchId: NEIGHBOUR, events: [put("n", ++revision)] });
    else connection.send(responseFields(step, { watchId: TARGET, revision }));
    await settle();
    rule(connection.state === "open", `the stream of both watches is ${connection.state}`);
    rule(!connection.cancels.includes(NEIGHBOUR), "the other watch was cancelled");
  }
  const given = neighbour.responses.flatMap(({ events }) => events.map(({ kv }) => kv.modRevision));
  const due = Array.from({ length: Number(revision - 5n) }, (_, index) => 6n + BigInt(index));
  rule(given.join() === due.join(), `the other watch was given ${given.join()} of ${due.join()}`);
  rule(neighbour.ending === undefined, "the other watch has ended");
  await harness.watcher.close();
  await settle();
  rule(harness.clock.pendingTimers === 0, "timers are left after close()");
  return { events: given.length };
}
