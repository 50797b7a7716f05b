import type { Metadata } from "@grpc/grpc-js";
import { WatchResponse } from "../../gen/rpc.ts";
import type { ResponseHeader, WatchCancelRequest, WatchCreateRequest, WatchRequest } from "../../gen/rpc.ts";
import type { GrpcStatusName } from "../../errors/grpc-status.ts";
import { RefusedError } from "../refused-error.ts";
import { endWith } from "../services/service-handlers.ts";
import type { DuplexCall } from "../services/service-handlers.ts";
import { Inbox } from "./inbox.ts";

type Fields = NonNullable<Parameters<typeof WatchResponse.fromPartial>[0]>;

/** A response as the test wants it. What it leaves out is zero, but for the ids and the term of the header; `header: "none"` sends none. */
export type ScriptedResponse = Omit<Fields, "header"> & { readonly header?: Partial<ResponseHeader> | "none" };

/** How a stream came to its end: by this side's word, or because the client or the connection went away. */
export type StreamEnd = "ended" | "cancelled";

export interface ScriptedWatchStreamOptions {
  readonly call: DuplexCall<WatchRequest, Uint8Array>;
  readonly header: ResponseHeader;
  /** Called when the stream is over. */
  readonly onEnd: () => void;
}

/** One Watch call whose server side is played by a test. */
export class ScriptedWatchStream {
  /** Every request so far, taken or not. */
  readonly requests: WatchRequest[] = [];
  /** Settles when the stream is over. */
  readonly done: Promise<StreamEnd>;
  /** What the client sent along when it opened the stream. */
  readonly metadata: Metadata;
  readonly #call: DuplexCall<WatchRequest, Uint8Array>;
  readonly #header: ResponseHeader;
  readonly #inbox = new Inbox<WatchRequest>("request");
  #state: "open" | "half-closed" | StreamEnd = "open";

  /** @internal */
  constructor({ call, header, onEnd }: ScriptedWatchStreamOptions) {
    this.#call = call;
    this.#header = header;
    this.metadata = call.metadata;
    call.on("data", ({ message }: { message: WatchRequest }) => {
      this.requests.push(message);
      this.#inbox.put(message);
    });
    call.on("end", () => {
      if (this.#state === "open") this.#state = "half-closed";
    });
    this.done = new Promise((resolve) => {
      const over = (): void => {
        if (this.#state !== "ended") this.#state = "cancelled";
        this.#inbox.close(new Error("The stream is over"));
        onEnd();
        resolve(this.#state);
      };
      call.once("cancelled", over);
      call.once("close", over);
      call.on("error", over);
    });
  }

  /** "half-closed": the client has said that it has no more requests. */
  get state(): "open" | "half-closed" | StreamEnd {
    return this.#state;
  }

  /** The next request that was not taken yet. @throws {Error} if none comes within five seconds, or the stream ends before */
  nextRequest(timeoutMs?: number): Promise<WatchRequest> {
    return this.#inbox.take(timeoutMs);
  }

  /** The next request, which must create a watch. @throws {Error} if it is another one, or none comes within five seconds */
  async nextCreate(timeoutMs?: number): Promise<WatchCreateRequest> {
    const { requestUnion } = await this.nextRequest(timeoutMs);
    if (requestUnion?.$case === "createRequest") return requestUnion.value;
    throw new Error(`Expected a create request, got ${requestUnion?.$case ?? "an empty one"}`);
  }

  /** The next request, which must cancel a watch. @throws {Error} if it is another one, or none comes within five seconds */
  async nextCancel(timeoutMs?: number): Promise<WatchCancelRequest> {
    const { requestUnion } = await this.nextRequest(timeoutMs);
    if (requestUnion?.$case === "cancelRequest") return requestUnion.value;
    throw new Error(`Expected a cancel request, got ${requestUnion?.$case ?? "an empty one"}`);
  }

  /** Sends a response. What it leaves out of the header is the server's own. */
  send(response: ScriptedResponse): void {
    const { header, ...fields } = response;
    const message = WatchResponse.fromPartial(fields);
    message.header = header === "none" ? undefined : { ...this.#header, ...header };
    this.sendBytes(WatchResponse.encode(message).finish());
  }

  /** Sends a message as it is, whether or not it can be decoded. */
  sendBytes(bytes: Uint8Array): void {
    this.#call.write(bytes);
  }

  /** Ends the stream with a status, after what was sent; OK without one. */
  end(status?: { readonly code: GrpcStatusName; readonly message?: string }): void {
    this.#state = "ended";
    if (status === undefined || status.code === "OK") this.#call.end();
    else endWith(this.#call, new RefusedError({ code: status.code, message: status.message ?? "" }));
  }
}
