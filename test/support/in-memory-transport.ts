import { RpcError } from "../../src/errors/etcd-error.ts";
import type { GrpcStatusName } from "../../src/errors/grpc-status.ts";
import { RangeRequest, RangeResponse, ResponseHeader, StatusResponse } from "../../src/gen/rpc.ts";
import type { DuplexCallOptions, Metadata, Transport, UnaryCallOptions } from "../../src/transport/transport.ts";
import { onAbort } from "../../src/util/abort.ts";
import { deferred } from "../../src/util/deferred.ts";
import { InMemoryConnection } from "./in-memory-connection.ts";

/** What a unary call gets: a message, a failure, or (undefined) no answer before the caller gives up. */
type UnaryAnswer<Value> = { readonly value: Value } | { readonly code: GrpcStatusName; readonly details: string } | undefined;

/** A `Transport` without a socket: the test decides what is opened, what is answered, and when. */
export class InMemoryTransport implements Transport {
  readonly endpoints: readonly string[];
  /** Every stream that was opened, in order. */
  readonly connections: InMemoryConnection[] = [];
  /** Paths of all unary calls. */
  readonly unaryCalls: string[] = [];
  readonly rangeRequests: RangeRequest[] = [];
  /** The endpoints that they were for; undefined: any. */
  readonly unaryEndpoints: (string | undefined)[] = [];
  /** Endpoints whose version was asked for. */
  readonly statusRequests: (string | undefined)[] = [];
  /** The store's revision, as a Range tells it. By default what the streams have told of. */
  rangeRevision: UnaryAnswer<bigint> | "latest" = "latest";
  /** The server's version, as Maintenance.Status tells it. */
  version: UnaryAnswer<string> = { value: "3.5.30" };
  readonly #waiting = new Set<() => void>();
  #opensAtOnce = true;
  #duplexCalls = 0;

  constructor({ endpoints = ["one:2379"] }: { endpoints?: readonly string[] } = {}) {
    this.endpoints = endpoints;
  }

  /** Streams that the client asked for, open or not. */
  get duplexCalls(): number {
    return this.#duplexCalls;
  }

  /** Opens that have not been answered. */
  get hangingOpens(): number {
    return this.#waiting.size;
  }

  /** From now on an open hangs, as with a host that never answers. */
  holdOpens(): void {
    this.#opensAtOnce = false;
  }

  /** Opens what hangs, and from now on everything at once. */
  releaseOpens(): void {
    this.#opensAtOnce = true;
    for (const open of [...this.#waiting]) open();
  }

  duplex(_path: string, { metadata, signal }: DuplexCallOptions): Promise<InMemoryConnection> {
    this.#duplexCalls++;
    const { promise, resolve, reject } = deferred<InMemoryConnection>();
    const open = (): void => {
      unlink();
      this.#waiting.delete(open);
      resolve(this.#connect(metadata));
    };
    const unlink = onAbort(signal, (reason) => {
      this.#waiting.delete(open);
      reject(reason);
    });
    if (signal.aborted) return promise;
    if (this.#opensAtOnce) open();
    else this.#waiting.add(open);
    return promise;
  }

  async unary(path: string, request: Uint8Array, options: UnaryCallOptions): Promise<Buffer> {
    this.unaryCalls.push(path);
    this.unaryEndpoints.push(options.endpoint);
    if (path.endsWith("/Range")) {
      const { key, rangeEnd, ...fields } = RangeRequest.decode(request);
      this.rangeRequests.push({ ...fields, key: Buffer.from(key), rangeEnd: Buffer.from(rangeEnd) });
      const latest = { value: this.connections.reduce((revision, each) => (each.revision > revision ? each.revision : revision), 1n) };
      const revision = await settled(path, this.rangeRevision === "latest" ? latest : this.rangeRevision, options);
      return Buffer.from(RangeResponse.encode(RangeResponse.fromPartial({ header: ResponseHeader.fromPartial({ revision }) })).finish());
    }
    this.statusRequests.push(options.endpoint);
    const version = await settled(path, this.version, options);
    return Buffer.from(StatusResponse.encode(StatusResponse.fromPartial({ version })).finish());
  }

  /** Each stream goes to the next endpoint, as it does after one that broke. */
  #connect(metadata: Metadata): InMemoryConnection {
    const endpoint = this.endpoints[this.connections.length % this.endpoints.length] ?? "none";
    const connection = new InMemoryConnection({ endpoint, metadata });
    this.connections.push(connection);
    return connection;
  }
}

function settled<Value>(path: string, answer: UnaryAnswer<Value>, { signal }: UnaryCallOptions): Promise<Value> {
  const { promise, resolve, reject } = deferred<Value>();
  const unlink = onAbort(signal, reject);
  if (answer !== undefined) {
    unlink();
    if ("value" in answer) resolve(answer.value);
    else reject(new RpcError({ ...answer, path }));
  }
  return promise;
}
