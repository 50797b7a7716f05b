import { Etcd3, type IKeyValue } from "etcd3";
import { type MeasuredClient, patient, type WatchWish } from "./measured-client.ts";

/** npm `etcd3`: its watcher, events by `on("put")`. */
export class NpmEtcd3Client implements MeasuredClient {
  readonly #client: Etcd3;

  constructor(endpoint: string) {
    this.#client = new Etcd3({ hosts: endpoint });
  }

  watch({ key, onEvents, touch = false }: WatchWish): Promise<unknown> {
    const give = patient(onEvents);
    return this.#client
      .watch()
      .key(key)
      .create()
      .then((watcher) => {
        let touched = 0;
        watcher.on("put", (kv: IKeyValue) => {
          if (touch) touched += (kv.key[0] ?? 0) + (kv.value[0] ?? 0);
          give(1, kv);
        });
        return () => touched;
      });
  }

  revisionOf(event: unknown): number {
    return Number((event as IKeyValue).mod_revision);
  }

  valueOf(event: unknown): Buffer {
    return (event as IKeyValue).value;
  }

  close(): void {
    this.#client.close();
  }
}
