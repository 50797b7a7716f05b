import type { ClientDuplexStream, StatusObject } from "@grpc/grpc-js";
import { RpcError } from "../errors/etcd-error.ts";
import { grpcStatusName } from "../errors/grpc-status.ts";
import type { DuplexCall, DuplexHandlers } from "./transport.ts";

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

export class GrpcDuplexCall implements DuplexCall {
  readonly endpoint: string;
  readonly #stream: ClientDuplexStream<Uint8Array, Buffer>;
  readonly #path: string;
  #state: State = { at: "waiting", status: undefined };
  #onFailed: () => void = () => undefined;

  constructor({ stream, path, endpoint }: { stream: ClientDuplexStream<Uint8Array, Buffer>; path: string; endpoint: string }) {
    this.endpoint = endpoint;
    this.#stream = stream;
    this.#path = path;
    stream.on("error", () => undefined); // "status" follows with the same; without a listener the process would end
    stream.on("status", (status: StatusObject) => {
      this.#end(new RpcError({ code: grpcStatusName(status.code), details: status.details, path: this.#path }));
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
    if (status === undefined) {
      this.#stream.on("data", (message: Buffer) => {
        if (this.#state.at === "started") this.#state.handlers.onMessage(message);
      });
    } else this.#end(status);
  }

  write(message: Uint8Array): void {
    if (this.#state.at !== "ended" && this.#stream.writable) this.#stream.write(message);
  }

  cancel({ elsewhere = false }: { readonly elsewhere?: boolean } = {}): void {
    if (this.#state.at === "ended") return;
    this.#state = { at: "ended" };
    if (elsewhere) this.#onFailed();
    this.#stream.cancel();
  }

  #end(status: RpcError): void {
    const state = this.#state;
    if (state.at === "ended") return;
    if (state.at === "waiting") {
      this.#state = { at: "waiting", status };
      return;
    }
    this.#state = { at: "ended" };
    this.#onFailed();
    state.handlers.onEnd(status);
  }
}
