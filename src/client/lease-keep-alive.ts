import { ClosedError } from "../errors/etcd-error.ts";
import { onAbort } from "../util/abort.ts";
import { KeepAliveInbox } from "./keep-alive-inbox.ts";
import { KeepAliveStream, type KeepAliveStreamOptions } from "./keep-alive-stream.ts";
import { KeptLease } from "./kept-lease.ts";
import { LeaseLifetimes } from "./lease-lifetimes.ts";
import type { LeaseKeepAliveResponse } from "./lease-responses.ts";

/** The renewals of a lease, as they are answered. Leaving the loop over it, or disposing of it, ends them for this reader. */
export interface KeepAlive extends AsyncIterableIterator<LeaseKeepAliveResponse, undefined>, AsyncDisposable {
  /** Ends it for this reader, as leaving the loop does. The lease then runs out in its time, unless another reader keeps it. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /**
   * Until when the lease lives at the least, in ms of `performance.now()`: counted from when the last renewal that was answered (or else
   * the grant) had been sent, so that it is over here before it is on the server. Infinity while nothing is known, -Infinity once it is gone.
   */
  readonly aliveUntilMs: number;
}

/** Keeps the leases of a client alive, all of them over one stream, which is there while any is. */
export class LeaseKeepAlive {
  readonly #options: KeepAliveStreamOptions;
  readonly #leases = new Map<bigint, KeptLease>();
  readonly #lifetimes = new LeaseLifetimes();
  #stream: KeepAliveStream | undefined;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(options: KeepAliveStreamOptions) {
    this.#options = options;
  }

  /** Begins at once, whether it is read or not. */
  keep(id: bigint, { signal }: { readonly signal?: AbortSignal | undefined } = {}): KeepAlive {
    const inbox = new KeepAliveInbox();
    if (this.#closing !== undefined) inbox.fail(new ClosedError("The client"));
    else if (signal?.aborted === true) inbox.leave();
    else return reading(inbox, this.#join(id, inbox, signal));
    return reading(inbox, undefined);
  }

  /** The server has granted the lease, which lives until then at the least, by the client's clock. */
  granted(id: bigint, aliveUntilMs: number): void {
    this.#lifetimes.remember(id, aliveUntilMs);
  }

  /** The server has said that the lease is gone. */
  revoked(id: bigint): void {
    this.#lifetimes.forget(id);
    this.#leases.get(id)?.expire();
  }

  /** Ends every reader quietly, and the stream. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#stream?.done ?? Promise.resolve();
    for (const lease of [...this.#leases.values()]) lease.end();
    return this.#closing;
  }

  #join(id: bigint, inbox: KeepAliveInbox, signal: AbortSignal | undefined): KeptLease {
    const lease = this.#leases.get(id) ?? this.#start(id);
    lease.add(inbox);
    const unlink = onAbort(signal, () => {
      inbox.leave();
    });
    inbox.onEnd = () => {
      unlink();
      lease.remove(inbox);
    };
    return lease;
  }

  #start(id: bigint): KeptLease {
    const { clock } = this.#options;
    const lease = new KeptLease({
      id,
      clock,
      aliveUntilMs: this.#lifetimes.aliveUntilMs(id, clock.nowMs()),
      onDue: () => this.#stream?.renew(lease),
      onLate: () => this.#stream?.late(lease),
      onUnread: () => {
        this.#stop(lease);
      },
    });
    this.#leases.set(id, lease);
    this.#stream ??= new KeepAliveStream(this.#leases, this.#options);
    this.#stream.renew(lease);
    return lease;
  }

  #stop({ id, aliveUntilMs }: KeptLease): void {
    this.#leases.delete(id);
    if (Number.isFinite(aliveUntilMs)) this.#lifetimes.remember(id, aliveUntilMs);
    else this.#lifetimes.forget(id);
    if (this.#leases.size > 0) return;
    this.#stream?.close();
    this.#stream = undefined;
  }
}

function reading(inbox: KeepAliveInbox, lease: KeptLease | undefined): KeepAlive {
  return {
    get aliveUntilMs() {
      return lease?.aliveUntilMs ?? -Infinity;
    },
    next: () => inbox.next(),
    return: () => {
      inbox.leave();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: () => {
      inbox.leave();
      return Promise.resolve();
    },
  };
}
