import type { ServiceError } from "@grpc/grpc-js";
import { WatchRequest } from "../../src/gen/rpc.ts";
import type { WatchCreateRequest, WatchResponse } from "../../src/gen/rpc.ts";
import type { WatchCall } from "./raw-etcd.ts";

const TIMEOUT_MS = 15_000;

/** The server does not say what it must, or ends the stream. */
export class SilentServerError extends Error {}

interface Waiter {
  readonly found: (response: WatchResponse) => boolean;
  readonly resolve: (response: WatchResponse) => void;
  readonly reject: (error: Error) => void;
}

/** Everything that one Watch call has answered, in order. */
export class WatchTape {
  readonly #call: WatchCall;
  #responses: WatchResponse[] = [];
  readonly #waiters = new Set<Waiter>();
  #end: Error | undefined;

  constructor(call: WatchCall) {
    this.#call = call;
    call.on("data", (response: WatchResponse) => {
      this.#responses.push(response);
      for (const waiter of this.#waiters) if (waiter.found(response)) waiter.resolve(response);
    });
    call.on("error", (error: ServiceError) => {
      this.#finish(`the stream ended: ${error.code} ${error.details}`);
    });
    call.on("end", () => {
      this.#finish("the stream ended without a status");
    });
  }

  send(requestUnion: WatchRequest["requestUnion"]): void {
    this.#call.write({ requestUnion });
  }

  /** Sends a create and waits for the answer to it: answers to creates come in the order of the requests. */
  create(request: WatchCreateRequest): Promise<WatchResponse> {
    const answer = this.next("the answer to a create", ({ created }) => created);
    this.send({ $case: "createRequest", value: request });
    return answer;
  }

  /** Whether there is a response of that kind within the time. */
  async has(found: (response: WatchResponse) => boolean, timeoutMs: number): Promise<boolean> {
    return this.next("", found, timeoutMs).then(
      () => true,
      () => false,
    );
  }

  /** The next response of that kind. What came before the call does not count. */
  async next(what: string, found: (response: WatchResponse) => boolean, timeoutMs = TIMEOUT_MS): Promise<WatchResponse> {
    if (this.#end !== undefined) throw this.#end;
    let waiter: Waiter | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<WatchResponse>((resolve, reject) => {
        waiter = { found, resolve, reject };
        this.#waiters.add(waiter);
        timer = setTimeout(() => {
          reject(new SilentServerError(`no ${what} within ${timeoutMs} ms`));
        }, timeoutMs);
      });
    } finally {
      clearTimeout(timer);
      if (waiter !== undefined) this.#waiters.delete(waiter);
    }
  }

  /** What has come and was not taken before; what is not wanted yet stays. */
  take(wanted: (response: WatchResponse) => boolean = () => true): WatchResponse[] {
    const [taken, kept]: [WatchResponse[], WatchResponse[]] = [[], []];
    for (const response of this.#responses) (wanted(response) ? taken : kept).push(response);
    this.#responses = kept;
    return taken;
  }

  close(): void {
    this.#call.cancel();
  }

  #finish(reason: string): void {
    this.#end ??= new SilentServerError(reason);
    for (const waiter of this.#waiters) waiter.reject(this.#end);
  }
}
