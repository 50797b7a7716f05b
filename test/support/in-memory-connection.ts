import { RpcError } from "../../src/errors/etcd-error.ts";
import type { GrpcStatusName } from "../../src/errors/grpc-status.ts";
import { type WatchCreateRequest, WatchRequest } from "../../src/gen/rpc.ts";
import type { DuplexCall, DuplexHandlers, Metadata } from "../../src/transport/transport.ts";
import { type ResponseFields, responseBytes } from "./watch-messages.ts";

export type RecordedCreate = WatchCreateRequest & { readonly key: Buffer; readonly rangeEnd: Buffer };

/** What a client sent. */
export type RecordedRequest =
  | { readonly kind: "create"; readonly create: RecordedCreate }
  | { readonly kind: "cancel"; readonly watchId: bigint }
  | { readonly kind: "progress" };

/**
 * The server's end of a Watch stream, without a socket: records each request, and sends what a test says. It keeps the books that a server
 * would keep, so that a test can ask which watches are alive here.
 */
export class InMemoryConnection implements DuplexCall {
  readonly endpoint: string;
  readonly metadata: Metadata;
  readonly requests: RecordedRequest[] = [];
  /** Creates that have not been answered, oldest first. */
  readonly unanswered: RecordedCreate[] = [];
  /** Watches that were created here and that neither side has cancelled, by id. */
  readonly live = new Map<bigint, RecordedCreate>();
  /** Bytes of the largest message sent. */
  largestMessage = 0;
  /** The highest revision that was told of. */
  revision = 0n;
  /** Whether the client has put its end down to the endpoint. */
  isBlamed = false;
  /** A watch was given the id that it asked for: from then on several creates may be in flight. */
  hasEchoed = false;
  /** Requests that came after the end. */
  lateRequests = 0;
  /** What etcd would give the next watch: 0, 1, 2 ... on each stream. */
  nextWatchId = 0n;
  #handlers: DuplexHandlers | undefined;
  /** The stream ended before the client listened; it is told when it does. */
  #earlyEnd: RpcError | undefined;
  #state: "open" | "ended" | "cancelled" = "open";

  constructor({ endpoint, metadata }: { endpoint: string; metadata: Metadata }) {
    this.endpoint = endpoint;
    this.metadata = metadata;
  }

  /** `cancelled`: reset by the client. `ended`: by the server. */
  get state(): "open" | "ended" | "cancelled" {
    return this.#state;
  }

  get creates(): RecordedCreate[] {
    return this.requests.flatMap((request) => (request.kind === "create" ? [request.create] : []));
  }

  get cancels(): bigint[] {
    return this.requests.flatMap((request) => (request.kind === "cancel" ? [request.watchId] : []));
  }

  get progressRequests(): number {
    return this.requests.filter(({ kind }) => kind === "progress").length;
  }

  // The client's end

  start(handlers: DuplexHandlers): void {
    this.#handlers = handlers;
    if (this.#earlyEnd !== undefined) handlers.onEnd(this.#earlyEnd);
  }

  write(message: Uint8Array): void {
    if (this.#state !== "open") {
      if (this.#earlyEnd === undefined) this.lateRequests++;
      return;
    }
    const { requestUnion } = WatchRequest.decode(message);
    switch (requestUnion?.$case) {
      case "createRequest": {
        const { key, rangeEnd } = requestUnion.value;
        const create = { ...requestUnion.value, key: Buffer.from(key), rangeEnd: Buffer.from(rangeEnd) };
        this.requests.push({ kind: "create", create });
        this.unanswered.push(create);
        return;
      }
      case "cancelRequest":
        this.requests.push({ kind: "cancel", watchId: requestUnion.value.watchId });
        this.live.delete(requestUnion.value.watchId);
        return;
      case "progressRequest":
        this.requests.push({ kind: "progress" });
        return;
      case undefined:
        throw new Error("the client sent an empty request");
    }
  }

  cancel({ elsewhere = false }: { readonly elsewhere?: boolean } = {}): void {
    this.isBlamed ||= elsewhere;
    if (this.#state === "open") this.#state = "cancelled";
    this.#forget();
  }

  // The server's end

  send(fields: ResponseFields): void {
    this.#keepBooks(fields);
    const revision = fields.revision ?? fields.events?.at(-1)?.kv?.modRevision ?? 1n;
    if (revision > this.revision) this.revision = revision;
    this.sendBytes(responseBytes(fields));
  }

  sendBytes(bytes: Buffer): void {
    if (this.#state !== "open") throw new Error(`the stream is over (${this.#state}): nothing can be sent on it`);
    if (this.#handlers === undefined) throw new Error("the client does not listen yet");
    this.largestMessage = Math.max(this.largestMessage, bytes.length);
    this.#handlers.onMessage(bytes);
  }

  /** Ends the stream with a status; OK is one, too. */
  end(code: GrpcStatusName = "UNAVAILABLE", details = "Connection dropped"): void {
    if (this.#state !== "open") throw new Error(`the stream is over (${this.#state}) already`);
    this.#state = "ended";
    this.#forget();
    const status = new RpcError({ code, details, path: "/etcdserverpb.Watch/Watch" });
    if (this.#handlers === undefined) this.#earlyEnd = status;
    else this.#handlers.onEnd(status);
  }

  #keepBooks({ watchId = 0n, created = false, canceled = false, compactRevision = 0n }: ResponseFields): void {
    if (created) {
      const create = this.unanswered.shift();
      if (canceled || watchId === -1n || create === undefined) return;
      this.live.set(watchId, create);
      if (create.watchId !== 0n && create.watchId === watchId) this.hasEchoed = true;
      else if (watchId >= this.nextWatchId) this.nextWatchId = watchId + 1n;
    } else if (canceled && compactRevision === 0n) {
      // After a compaction the id stays registered until it is cancelled.
      this.live.delete(watchId);
    }
  }

  #forget(): void {
    this.live.clear();
    this.unanswered.length = 0;
  }
}
