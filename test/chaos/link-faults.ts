import type { ChaosProxy } from "etcd-watch/mock-server";
import type { Dice } from "../fuzz/dice.ts";
import type { Fault } from "./fault.ts";
import type { Lane } from "./lane.ts";
import { rest } from "./rest.ts";

/** How long a cut at a byte waits for its byte. */
const CUT_WITHIN_MS = 1_500;
const POLL_MS = 10;

/** Something done to a line for some time. False if no connection was there to suffer it. */
function forAWhile(name: string, weight: number, longestMs: number, begin: (proxy: ChaosProxy, dice: Dice) => void): (lane: Lane) => Fault {
  return (lane) => ({
    name,
    weight,
    async strike(dice, signal) {
      const isFelt = lane.proxies.some(({ connections }) => connections > 0);
      for (const proxy of lane.proxies) begin(proxy, dice);
      await rest(dice.below(longestMs), signal);
      lane.heal();
      return isFelt;
    },
  });
}

const stall = forAWhile("stall", 3, 1_800, (proxy) => {
  proxy.stall();
});
const slow = forAWhile("slow link", 2, 1_000, (proxy, dice) => {
  proxy.slow({ bytesPerSecond: dice.of([500, 5_000, 50_000]) });
});
const late = forAWhile("late link", 2, 800, (proxy, dice) => {
  proxy.delayMs = dice.between(5, 150);
});
const refuse = forAWhile("refused connects", 3, 900, (proxy) => {
  proxy.refuse();
  proxy.cut();
});

const cut = ({ proxies }: Lane): Fault => ({
  name: "cut",
  weight: 6,
  strike: () => {
    const isFelt = proxies.some(({ connections }) => connections > 0);
    for (const proxy of proxies) proxy.cut();
    return Promise.resolve(isFelt);
  },
});

/** In the middle of a message, most of the time. */
const cutAtByte = ({ proxies }: Lane): Fault => ({
  name: "cut at a byte",
  weight: 9,
  async strike(dice, signal) {
    const proxy = proxies.find(({ connections }) => connections > 0);
    if (proxy === undefined) return false;
    const before = proxy.connectionsAccepted - proxy.connections;
    proxy.cutAfterBytes(dice.between(1, dice.of([50, 2_000, 60_000])));
    const untilMs = performance.now() + CUT_WITHIN_MS;
    const isCut = (): boolean => proxy.connectionsAccepted - proxy.connections > before;
    while (!isCut() && performance.now() < untilMs && !signal.aborted) await rest(POLL_MS, signal);
    return isCut();
  },
});

const halfOpen = ({ proxies }: Lane): Fault => ({
  name: "half-open",
  weight: 2,
  strike: () => {
    const isFelt = proxies.some(({ connections }) => connections > 0);
    for (const proxy of proxies) proxy.halfOpen();
    return Promise.resolve(isFelt);
  },
});

const clockJump = ({ clock }: Lane): Fault => ({
  name: "clock jump",
  weight: 2,
  strike: (dice) => {
    clock.jump(dice.of([-3_600_000, -5_000, 5_000, 60_000, 3_600_000]));
    return Promise.resolve(true);
  },
});

/** Cut off for a while, in which the store goes on and forgets. */
const compactionWhileCutOff =
  (compact: () => Promise<boolean>) =>
  (lane: Lane): Fault => ({
    name: "compaction while cut off",
    weight: 2,
    async strike(dice, signal) {
      for (const proxy of lane.proxies) {
        proxy.refuse();
        proxy.cut();
      }
      await rest(dice.between(50, 600), signal);
      const isDone = await compact();
      lane.heal();
      return isDone;
    },
  });

/** What can happen to a lane's line and clock. */
export function linkFaults(lane: Lane, compact: () => Promise<boolean>): Fault[] {
  return [stall, slow, late, refuse, cut, cutAtByte, halfOpen, clockJump, compactionWhileCutOff(compact)].map((make) => make(lane));
}
