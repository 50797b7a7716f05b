import { RpcError } from "../../src/errors/etcd-error.ts";
import type { GrpcStatusName } from "../../src/errors/grpc-status.ts";
import { LeaseKeepAliveRequest, LeaseKeepAliveResponse } from "../../src/gen/rpc.ts";
import type { DuplexCall, DuplexCallOptions, DuplexHandlers, Metadata } from "../../src/transport/transport.ts";
import { onAbort } from "../../src/util/abort.ts";
import { deferred } from "../../src/util/deferred.ts";
import type { FakeClock } from "./fake-clock.ts";
import { FakeUnaryTransport } from "./fake-unary-transport.ts";
import { HEADER } from "./kv-harness.ts";

/** The server's end of a keep-alive stream, without a socket. */
export class KeepAliveConnection implements DuplexCall {
  readonly endpoint: string;
  readonly path: string;
  readonly metadata: Metadata;
  /** Each renewal that came, and when. */
  readonly renewals: { readonly id: bigint; readonly atMs: number }[] = [];
  /** `cancelled`: reset by the client. `ended`: by the server. */
  state: "open" | "ended" | "cancelled" = "open";
  /** The client has put the end down to the endpoint. */
  isBlamed = false;
  readonly #clock: FakeClock;
  #handlers: DuplexHandlers | undefined;

  constructor({ endpoint, path, metadata, clock }: { endpoint: string; path: string; metadata: Metadata; clock: FakeClock }) {
    this.endpoint = endpoint;
    this.path = path;
    this.metadata = metadata;
    this.#clock = clock;
  }

  /** When each renewal came, in ms. */
  get times(): number[] {
    return this.renewals.map(({ atMs }) => atMs);
  }

  start(handlers: DuplexHandlers): void {
    this.#handlers = handlers;
  }

  write(message: Uint8Array): void {
    if (this.state !== "open") throw new Error(`a renewal was sent on a stream that is ${this.state}`);
    this.renewals.push({ id: LeaseKeepAliveRequest.decode(message).ID, atMs: this.#clock.nowMs() });
  }

  cancel({ elsewhere = false }: { readonly elsewhere?: boolean } = {}): void {
    this.isBlamed ||= elsewhere;
    if (this.state === "open") this.state = "cancelled";
  }

  answer(id: bigint, ttlSeconds: number): void {
    this.sendBytes(LeaseKeepAliveResponse.encode({ header: HEADER, ID: id, TTL: BigInt(ttlSeconds) }).finish());
  }

  sendBytes(bytes: Uint8Array): void {
    if (this.state !== "open") throw new Error(`nothing can be sent on a stream that is ${this.state}`);
    if (this.#handlers === undefined) throw new Error("the client does not listen yet");
    this.#handlers.onMessage(Buffer.from(bytes));
  }

  end(code: GrpcStatusName = "UNAVAILABLE", details = "Connection dropped"): void {
    this.state = "ended";
    this.#handlers?.onEnd(new RpcError({ code, details, path: this.path }));
  }
}

/** A transport for leases: the test answers the calls, and is the server of each stream. */
export class KeepAliveTransport extends FakeUnaryTransport {
  override readonly endpoints: string[] = ["one:2379"];
  /** Every stream that was opened, in order. */
  readonly connections: KeepAliveConnection[] = [];
  /** How many the client asked for, opened or not. */
  opens = 0;
  /** While it is false, an open hangs, as with a host that never answers. */
  isReachable = true;
  /** Opens that hang. */
  hangingOpens = 0;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    super();
    this.#clock = clock;
  }

  /** The stream that was opened last. */
  get connection(): KeepAliveConnection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error("no stream was opened");
    return last;
  }

  override duplex(path = "", options?: DuplexCallOptions): Promise<DuplexCall> {
    this.opens++;
    const { promise, resolve, reject } = deferred<DuplexCall>();
    if (this.isReachable) {
      const endpoint = this.endpoints[this.connections.length % this.endpoints.length] ?? "none";
      const connection = new KeepAliveConnection({ endpoint, path, metadata: options?.metadata ?? {}, clock: this.#clock });
      this.connections.push(connection);
      resolve(connection);
    } else {
      this.hangingOpens++;
      onAbort(options?.signal, (reason) => {
        this.hangingOpens--;
        reject(reason);
      });
    }
    return promise;
  }
}
