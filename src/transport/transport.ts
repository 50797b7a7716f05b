import type { RpcError } from "../errors/etcd-error.ts";

/** gRPC request metadata: lower-case names, text values. */
export type Metadata = Readonly<Record<string, string | readonly string[]>>;

export interface UnaryCallOptions {
  /** Aborting it cancels the call, which rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long the call may take in all, retries included, in ms. */
  readonly timeoutMs: number;
  /** The request may reach the server twice without harm, so it is sent again when an answer got lost. */
  readonly repeatable: boolean;
  /** Ask this endpoint and no other. */
  readonly endpoint?: string | undefined;
  readonly metadata?: Metadata | undefined;
}

export interface DuplexCallOptions {
  /** Which connection it shares: watches have one of their own, so that a large catch-up holds up no request and no keep-alive. */
  readonly connection: "watches" | "requests";
  readonly metadata: Metadata;
  /** Aborting it ends the wait for a connection. The open call is ended by its own `cancel()`. */
  readonly signal: AbortSignal;
}

export interface DuplexHandlers {
  /** One message. The bytes are the receiver's to keep. */
  onMessage(message: Buffer): void;
  /** The call is over, with `OK` too, since a stream of etcd has no good end. Called once, last, and not after `cancel()`. */
  onEnd(status: RpcError): void;
}

/** An open stream. */
export interface DuplexCall {
  /** Which endpoint it leads to. */
  readonly endpoint: string;
  /** Lets messages come. Nothing is handed over before. */
  start(handlers: DuplexHandlers): void;
  /** Queues a message. Never waits: what waits for a write while it holds up reading can deadlock (etcd-io/etcd#18879). */
  write(message: Uint8Array): void;
  /**
   * Resets the stream, which frees it on the server; a half-close would not (etcd-io/etcd#20484). No handler is called afterwards.
   * @param options `elsewhere`: its endpoint is to blame, so what is opened next begins with another one
   */
  cancel(options?: { readonly elsewhere?: boolean }): void;
  /** The server refuses the token that the stream was opened with: what is opened next gets another. Absent where there are no tokens. */
  readonly discardToken?: (() => void) | undefined;
  /** That token was fetched just now: time alone cannot have made it too old. Absent where there are no tokens. */
  readonly hasFreshToken?: boolean | undefined;
}

/**
 * What the rest of the library needs of gRPC. It deals in bytes, finds a working endpoint by itself, and knows nothing of etcd's messages.
 * It does not reopen a stream that broke: whoever opened it knows from where to go on.
 */
export interface Transport {
  /** The endpoints in use, as they were given. */
  readonly endpoints: readonly string[];
  /**
   * Sends one request, waits for its answer.
   * @throws {RpcError} with the call's status; UNAVAILABLE names each endpoint that was tried, and why it failed
   */
  unary(path: string, request: Uint8Array, options: UnaryCallOptions): Promise<Buffer>;
  /**
   * Opens a stream on the first endpoint that can be reached. Waits as long as it takes, with a backoff.
   * A stream that broke makes the next one start with the next endpoint.
   * @throws the signal's reason, or `ClosedError`
   */
  duplex(path: string, options: DuplexCallOptions): Promise<DuplexCall>;
}
