import { holding } from "../chaos/heap-gauge.ts";
import { Dice } from "../fuzz/dice.ts";
import { put, unheardOf } from "../support/watch-messages.ts";
import { settle, watcherHarness } from "../support/watcher-harness.ts";
import { rule } from "./stream-rules.ts";

const MESSAGES = 20_000;
const VALUE_BYTES = 2_000;
const MAX_BYTES = 100_000;
/** Three buffers, what is held in pieces for three watches, and much for what the garbage collector has not got round to. */
const BOUND_BYTES = 8 * 1024 * 1024;

/**
 * A server that sends as much as it can of what nobody wants: answers that never end, watches that nobody asked for, answers to a reader
 * who does not read. What the client holds then is bounded.
 * @throws {BrokenRule}
 */
export async function flood(seed: number): Promise<{ readonly sentBytes: number; readonly heldBytes: number }> {
  const dice = new Dice(seed);
  const harness = watcherHarness();
  const { watcher, transport } = harness;
  const options = { startRevision: 1n, fragment: true, buffer: { maxBytes: MAX_BYTES } };
  const [unread] = ["a", "b", "c"].map((key) => watcher.watch(key, options)[Symbol.asyncIterator]());
  const readers = ["d", "e"].map((key) => readOn(watcher.watch(key, options)));
  await settle();
  const before = await heldNow();
  let sentBytes = 0;
  for (let index = 0; index < MESSAGES; index++) {
    const connection = transport.connections.at(-1);
    if (connection?.state !== "open") {
      harness.clock.advance(100);
      await settle();
      continue;
    }
    const [create] = connection.unanswered;
    if (create !== undefined) {
      connection.send({ created: true, watchId: connection.nextWatchId, revision: 5n });
      await settle();
    }
    const revision = 100n + BigInt(index);
    const events = [dice.chance(90) ? put("k", revision, { value: "v".repeat(VALUE_BYTES) }) : unheardOf("k", revision)];
    // Its watches, one by one, each in ever more pieces now and then; and one in two thousand messages of a watch that is none of ours.
    const ids = [...connection.live.keys()];
    const watchId = ids.length === 0 || index % 2_000 === 0 ? 1_000_000n + revision : dice.of(ids);
    connection.send({ watchId, events, fragment: index % 5_000 > 1_000 });
    sentBytes += VALUE_BYTES;
    if (index % 100 === 0) await settle();
  }
  const heldBytes = (await heldNow()) - before;
  rule(heldBytes <= BOUND_BYTES, `${heldBytes} bytes more are held after ${sentBytes} were sent, and no more than ${BOUND_BYTES} may be`);
  await unread?.return?.();
  await watcher.close();
  await Promise.all(readers);
  return { sentBytes, heldBytes };
}

/** Buffers are not on the heap. */
async function heldNow(): Promise<number> {
  const { heapBytes } = await holding();
  return heapBytes + process.memoryUsage().arrayBuffers;
}

async function readOn(watch: AsyncIterable<unknown>): Promise<void> {
  const iterator = watch[Symbol.asyncIterator]();
  while ((await iterator.next()).done !== true);
}
