import { Deque } from "../../../src/util/deque.ts";

/** What a watch hands to the program that measures it: how many events, and the last of them. May answer "wait". */
export type OnEvents = (count: number, last: unknown) => Promise<void> | undefined;

export interface WatchWish {
  readonly key: string;
  /** Look at the key and the value of every event, where else they are counted. */
  readonly touch?: boolean;
  readonly onEvents: OnEvents;
}

/** One client of etcd, used as its own manual says and as fast as that goes. */
export interface MeasuredClient {
  /** Resolves when the server has registered the watch. Asks ahead if it can: a thousand calls at once are not one after the other. */
  watch(wish: WatchWish): Promise<unknown>;
  /** Watches that are registered and that nobody reads, where a client has such. */
  hold?(key: string): Promise<unknown>;
  /** Of what `onEvents` was given. */
  revisionOf(event: unknown): number;
  valueOf(event: unknown): Buffer;
  close(): Promise<void> | void;
}

/** For clients that push: keeps what comes while the reader says "wait", as a user of such a client would have to. */
export function patient(onEvents: OnEvents): (count: number, last: unknown) => void {
  const waiting = new Deque<{ readonly count: number; readonly last: unknown }>();
  let busy = false;
  const drain = async (first: Promise<void>): Promise<void> => {
    busy = true;
    await first;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await onEvents(next.count, next.last);
    busy = false;
  };
  return (count, last) => {
    if (busy) waiting.push({ count, last });
    else {
      const wait = onEvents(count, last);
      if (wait !== undefined) void drain(wait);
    }
  };
}
