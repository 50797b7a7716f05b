import { Controller, EtcdClient, Informer, type KeyValue } from "etcd-watch";

/** What an event cost the process that it came to. */
export interface EventsAnswer {
  readonly eventsPerSecond: number;
  readonly cpuUs: number;
}

export const eventReaders = ["watch", "Informer", "Controller", "Controller, 8 at once", "Controller, first list"] as const;
export type EventReader = (typeof eventReaders)[number];

const PREFIX = "services/";

function text(kv: KeyValue): string {
  return kv.valueText;
}

/**
 * Counts what comes of so many events, from the first to the last, each of another key.
 * @param write has the server write them
 */
export async function measureEvents(
  reader: EventReader,
  { endpoint, keys, write }: { readonly endpoint: string; readonly keys: number; readonly write: (round: number) => Promise<void> },
): Promise<EventsAnswer> {
  const client = new EtcdClient({ endpoints: endpoint });
  const stop = new AbortController();
  const counted = count(keys);
  const reading = read(reader, client, {
    seen: (events) => {
      counted.seen(events);
    },
    signal: stop.signal,
  });
  await reading.isReady;
  const answers: EventsAnswer[] = [];
  if (reader === "Controller, first list") answers.push(await counted.done());
  else {
    await write(1); // code that has not run before is slow
    await counted.done();
    counted.restart();
    await write(2);
    answers.push(await counted.done());
  }
  stop.abort();
  await reading.done;
  await client.close();
  const [answer] = answers;
  if (answer === undefined) throw new Error("Nothing was counted");
  return answer;
}

function read(
  reader: EventReader,
  client: EtcdClient,
  { seen, signal }: { readonly seen: (events: number) => void; readonly signal: AbortSignal },
): { readonly isReady: Promise<unknown>; readonly done: Promise<void> } {
  if (reader === "watch") {
    const watch = client.watch(PREFIX, { prefix: true, signal });
    const done = (async () => {
      for await (const { events } of watch) {
        for (const { kv } of events) text(kv);
        seen(events.length);
      }
    })();
    return { isReady: watch.created, done };
  }
  if (reader === "Informer") {
    const informer = new Informer(client, { prefix: PREFIX, decode: text });
    const isReady = informer.start({ signal });
    const done = isReady.then(async () => {
      for await (const change of informer.changes({ signal })) if (change.type !== "add" || !change.isInitial) seen(1);
    });
    return { isReady, done };
  }
  let isListed = reader === "Controller, first list";
  const controller = new Controller(client, {
    prefix: PREFIX,
    decode: text,
    concurrency: reader === "Controller, 8 at once" ? 8 : 1,
    reconcile: () => {
      if (isListed) seen(1);
    },
  });
  const done = controller.run({ signal });
  const idle = async (): Promise<void> => {
    while (!controller.informer.isSynced || controller.metrics.reconciled.success < controller.informer.size) await pause();
    isListed = true;
  };
  return { isReady: isListed ? Promise.resolve() : idle(), done };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}

/** The time and the CPU time from the first to the last. */
function count(events: number) {
  let left = events;
  let began: { readonly atMs: number; readonly cpu: NodeJS.CpuUsage } | undefined;
  let last: EventsAnswer | undefined;
  return {
    seen(seen: number): void {
      began ??= { atMs: performance.now(), cpu: process.cpuUsage() };
      left -= seen;
      if (left > 0 || last !== undefined) return;
      const { user, system } = process.cpuUsage(began.cpu);
      last = { eventsPerSecond: (events / (performance.now() - began.atMs)) * 1_000, cpuUs: (user + system) / events };
    },
    restart(): void {
      left = events;
      began = last = undefined;
    },
    async done(): Promise<EventsAnswer> {
      for (;;) {
        if (last !== undefined) return last;
        await pause();
      }
    },
  };
}
