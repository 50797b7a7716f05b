import { ClusterChangedError } from "../errors/etcd-error.ts";
import type { ResponseHeader } from "../model/response-header.ts";
import type { Revision } from "../model/revision.ts";
import { sleep } from "../util/clock.ts";
import { storeHeader } from "./server-queries.ts";
import type { WatcherHost } from "./watcher-host.ts";
import type { WatcherStream } from "./watcher-stream.ts";

/** How long to wait before a read that failed is made again, and how long at the most, in ms. */
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

export interface ClusterGuardOptions {
  readonly host: WatcherHost;
  readonly endpoint: string;
  readonly onChanged: (watch: WatcherStream, error: ClusterChangedError) => void;
}

/**
 * Notices when the server of a connection is not of the cluster that a watch has seen before, or of one that was taken back to an earlier
 * state: the watch would be silent until the store has passed where it is, and then go on in another history (etcd-io/etcd#14303).
 *
 * A lower revision alone proves nothing, as a healthy follower may lag. A linearizable read from the same endpoint does: it waits until
 * that member knows all that the cluster has agreed on. Ids and revisions of 0 are ignored, as there are servers that fill in none (kine).
 */
export class ClusterGuard {
  readonly #host: WatcherHost;
  readonly #endpoint: string;
  readonly #onChanged: (watch: WatcherStream, error: ClusterChangedError) => void;
  readonly #closing = new AbortController();
  /** What was behind what a watch had seen. */
  readonly #suspects = new Map<WatcherStream, Revision>();
  /** Once that has been looked into, the connection is trusted: it leads to one member as long as it lasts. */
  readonly #cleared = new WeakSet<WatcherStream>();
  #isReading = false;

  constructor({ host, endpoint, onChanged }: ClusterGuardOptions) {
    this.#host = host;
    this.#endpoint = endpoint;
    this.#onChanged = onChanged;
  }

  /** The error that the watch ends with, if the header proves it. If the header only makes it likely, the proof is looked for. */
  check(watch: WatcherStream, header: ResponseHeader): ClusterChangedError | undefined {
    return header.clusterId === watch.clusterId && header.revision64 >= watch.latest64 ? undefined : this.#suspect(watch, header);
  }

  /** The connection is gone. */
  close(): void {
    this.#closing.abort();
    this.#suspects.clear();
  }

  #suspect(watch: WatcherStream, { clusterId, revision64: revision }: ResponseHeader): ClusterChangedError | undefined {
    const { clusterId: expected, latest64 } = watch;
    if (clusterId !== 0n && expected !== 0n && clusterId !== expected) return otherCluster(expected, clusterId);
    if (revision > 0 && revision < latest64 && !this.#cleared.has(watch)) {
      this.#suspects.set(watch, watch.latestRevision);
      if (!this.#isReading) void this.#lookInto();
    }
    return undefined;
  }

  #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #lookInto(): Promise<void> {
    const { signal } = this.#closing;
    const { clock, logger } = this.#host;
    this.#isReading = true;
    for (let retryMs = FIRST_RETRY_MS; this.#suspects.size > 0 && !this.#isClosed(); retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)) {
      const suspects = [...this.#suspects].filter(([watch]) => watch.outcome === undefined);
      this.#suspects.clear();
      const [first] = suspects;
      if (first === undefined) break;
      try {
        // One read is enough for all of them: its header speaks of the whole store.
        const header = await storeHeader(this.#host, first[0].spec.range, { signal, endpoint: this.#endpoint });
        for (const [watch, seen] of suspects) this.#judge(watch, seen, header);
      } catch (error) {
        if (this.#isClosed()) return;
        logger.warn("The server's revision is behind what was seen, and whether its cluster was restored could not be read; trying again", {
          endpoint: this.#endpoint,
          error,
          retryMs,
        });
        for (const [watch, seen] of suspects) this.#suspects.set(watch, seen);
        await sleep(retryMs, { signal, clock }).catch(() => undefined); // closed: the condition sees it
      }
    }
    this.#isReading = false;
  }

  #judge(watch: WatcherStream, seen: Revision, { clusterId, revision }: ResponseHeader): void {
    if (this.#isClosed() || watch.outcome !== undefined) return;
    const { clusterId: expected } = watch;
    if (clusterId !== 0n && expected !== 0n && clusterId !== expected) this.#onChanged(watch, otherCluster(expected, clusterId));
    else if (revision > 0n && revision < seen)
      this.#onChanged(watch, new ClusterChangedError({ what: "revision", expected: seen, actual: revision }));
    else this.#cleared.add(watch);
  }
}

function otherCluster(expected: bigint, actual: bigint): ClusterChangedError {
  return new ClusterChangedError({ what: "cluster id", expected, actual });
}
