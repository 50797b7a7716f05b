import { type Client, type Metadata as GrpcMetadata, status as grpcStatus, type StatusObject } from "@grpc/grpc-js";
import { RpcError } from "../errors/etcd-error.ts";
import { grpcStatusName } from "../errors/grpc-status.ts";
import { Deque } from "../util/deque.ts";
import type { DuplexCall, DuplexHandlers } from "./transport.ts";

type Channel = ReturnType<Client["getChannel"]>;
/** What a channel of grpc-js makes of a call: below its streams and interceptors. */
type Call = ReturnType<Channel["createCall"]>;

/**
 * A stream of grpc-js as a `DuplexCall`.
 *
 *   waiting ── start() ──► started ── status ──► ended
 *      └── status (kept) ────┴── cancel() ──────► ended
 */
type State =
  | { readonly at: "waiting"; readonly status: RpcError | undefined }
  | { readonly at: "started"; readonly handlers: DuplexHandlers }
  | { readonly at: "ended" };

/**
 * Uses the channel's own call, and no `ClientDuplexStream` around it: that is an object-mode Readable and two layers of interceptors, which
 * take 8 % of the time of a small message (docs/performance/where-the-time-goes.md).
 */
export class GrpcDuplexCall implements DuplexCall {
  readonly endpoint: string;
  readonly #call: Call;
  readonly #path: string;
  #state: State = { at: "waiting", status: undefined };
  #onFailed: () => void = () => undefined;
  /** Messages behind the one that is being written: grpc-js takes one at a time. */
  readonly #unwritten = new Deque<Buffer>();
  #isWriting = false;

  constructor({ channel, path, endpoint, metadata }: { channel: Channel; path: string; endpoint: string; metadata: GrpcMetadata }) {
    this.endpoint = endpoint;
    this.#path = path;
    this.#call = channel.createCall(path, Infinity, null, null, null);
    this.#call.start(metadata, {
      onReceiveMetadata: () => undefined,
      onReceiveMessage: (message: Buffer | null) => {
        this.#receive(message);
      },
      onReceiveStatus: ({ code, details }: StatusObject) => {
        this.#end(new RpcError({ code: grpcStatusName(code), details, path: this.#path }));
      },
    });
  }

  /** Called when the call ends by itself, before the handlers are, or when its endpoint is blamed. */
  onFailed(callback: () => void): void {
    this.#onFailed = callback;
  }

  start(handlers: DuplexHandlers): void {
    if (this.#state.at !== "waiting") return;
    const { status } = this.#state;
    this.#state = { at: "started", handlers };
    if (status === undefined) this.#call.startRead();
    else this.#end(status);
  }

  write(message: Uint8Array): void {
    if (this.#state.at === "ended") return;
    const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    if (this.#isWriting) this.#unwritten.push(bytes);
    else this.#send(bytes);
  }

  cancel({ elsewhere = false }: { readonly elsewhere?: boolean } = {}): void {
    if (this.#state.at === "ended") return;
    this.#leave();
    if (elsewhere) this.#onFailed();
    this.#call.cancelWithStatus(grpcStatus.CANCELLED, "Cancelled on client");
  }

  #receive(message: Buffer | null): void {
    if (this.#state.at !== "started" || message === null) return;
    this.#call.startRead(); // grpc-js fetches the next one while this one is dealt with
    this.#state.handlers.onMessage(message);
  }

  #send(message: Buffer): void {
    this.#isWriting = true;
    this.#call.sendMessageWithContext({ callback: this.#written }, message);
  }

  /** A message has left, or cannot: the status tells of that. */
  readonly #written = (): void => {
    this.#isWriting = false;
    const next = this.#unwritten.shift();
    if (next !== undefined) this.#send(next);
  };

  #end(status: RpcError): void {
    const state = this.#state;
    if (state.at === "ended") return;
    if (state.at === "waiting") {
      this.#state = { at: "waiting", status };
      return;
    }
    this.#leave();
    this.#onFailed();
    state.handlers.onEnd(status);
  }

  #leave(): void {
    this.#state = { at: "ended" };
    this.#unwritten.clear();
  }
}
