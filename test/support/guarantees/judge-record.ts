import { checkRecord, type Violation } from "./check-record.ts";
import { lostByProxy } from "./lost-by-proxy.ts";
import type { TrueEvent, Truth } from "./truth.ts";
import type { WatchRecord } from "./watch-record.ts";

export interface Judgement {
  /** What the client has to answer for. */
  readonly violations: readonly Violation[];
  /** What a proxy has lost on the way. */
  readonly lost: readonly TrueEvent[];
}

/**
 * Everything that is wrong with a watch, and whose doing it is. Where there is no proxy all of it is the client's. Behind one, the watch is
 * not owed what the proxy has provably lost, and is held to every guarantee in all else.
 */
export function judgeRecord(record: WatchRecord, truth: Truth, { isProxied }: { readonly isProxied: boolean }): Judgement {
  const lost = isProxied ? lostByProxy(record, truth) : [];
  return { lost, violations: checkRecord(record, lost.length === 0 ? truth : truth.notOwing(lost)) };
}
