import type { ServerDuplexStream } from "@grpc/grpc-js";

/** What may wait in this process for one stream: the quota that grpc-go gives to each. */
const MOST_QUEUED_BYTES = 64 * 1024;

export interface ResponseWriterOptions<A> {
  /** Takes responses that are encoded already. */
  readonly call: Pick<ServerDuplexStream<never, A | Buffer>, "write" | "_write" | "_writev">;
  readonly encode: (response: A) => Buffer;
  /** Called when there is room again after `write()` has returned false. */
  readonly onRoom: () => void;
}

/**
 * Writes to one stream and says when it holds enough. It goes by bytes, as grpc-go does: Node calls such a stream full at 16 messages,
 * however small they are, which is a few puts at once.
 *
 *   open ── so many bytes wait ──► full
 *     ▲                             │
 *     └──────── fewer wait ─────────┘
 */
export class ResponseWriter<A> {
  readonly #options: ResponseWriterOptions<A>;
  #queuedBytes = 0;
  #state: "open" | "full" = "open";

  constructor(options: ResponseWriterOptions<A>) {
    this.#options = options;
    writeTogether(options.call);
  }

  /** False if nothing more should be written until there is room. What is written then is sent all the same. */
  write(response: A): boolean {
    const { call, encode } = this.#options;
    const bytes = encode(response);
    this.#queuedBytes += bytes.length;
    if (this.#queuedBytes >= MOST_QUEUED_BYTES) this.#state = "full";
    call.write(bytes, () => {
      this.#written(bytes.length);
    });
    return this.#state === "open";
  }

  #written(bytes: number): void {
    this.#queuedBytes -= bytes;
    if (this.#state === "open" || this.#queuedBytes >= MOST_QUEUED_BYTES) return;
    this.#state = "open";
    this.#options.onRoom();
  }
}

type Done = (error?: Error | null) => void;

/**
 * Lets Node hand over at once whatever waits. grpc-js has only `_write`, so that each message would wait until the one before it is with
 * the kernel: one message in each turn of the event loop, which may bring ten puts.
 */
function writeTogether(call: Pick<ServerDuplexStream<never, unknown>, "_write" | "_writev">): void {
  call._writev = (chunks, done: Done) => {
    let left = chunks.length;
    let failure: Error | null | undefined;
    const written: Done = (error) => {
      failure ??= error;
      if (--left === 0) done(failure); // once: Node takes a second call for a bug
    };
    for (const { chunk, encoding } of chunks) call._write(chunk, encoding, written);
  };
}
