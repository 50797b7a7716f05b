import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import {
  AuthDefinition,
  KVDefinition,
  LeaseDefinition,
  MaintenanceDefinition,
  WatchDefinition,
  WatchRequest,
} from "../../../../src/gen/rpc.ts";
import { WatchResponse } from "../../../../src/gen/rpc.ts";
import type { RequestOf, ResponseOf } from "../../../../src/mock-server/services/service-definition.ts";
import { RawWatch } from "./raw-watch.ts";

interface Method {
  readonly name: string;
  readonly requestType: { fromPartial(fields: object): unknown; encode(message: unknown): { finish(): Uint8Array } };
  readonly responseType: { decode(bytes: Uint8Array): unknown };
}

const services = { KV: KVDefinition, Lease: LeaseDefinition, Maintenance: MaintenanceDefinition, Auth: AuthDefinition };

type Services = typeof services;
type Fields<M> = Partial<RequestOf<M>>;

/** etcd's calls with nothing between the test and the wire. */
export class RawEtcd {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  constructor(
    endpoint: string,
    { token, channel = credentials.createInsecure() }: { token?: string; channel?: ReturnType<typeof credentials.createInsecure> } = {},
  ) {
    // A pool of its own: tests must not share a connection that one of them breaks.
    this.#client = new Client(endpoint, channel, { "grpc.use_local_subchannel_pool": 1, "grpc.max_receive_message_length": -1 });
    if (token !== undefined) this.#metadata.set("token", token);
  }

  /** Calls `KV.put` as `call("KV", "put", { key, value })`. */
  call<S extends keyof Services, M extends keyof Services[S]["methods"]>(
    service: S,
    method: M,
    fields: Fields<Services[S]["methods"][M]>,
  ): Promise<ResponseOf<Services[S]["methods"][M]>> {
    const definition = services[service];
    const found = Object.entries(definition.methods).find(([key]) => key === method)?.[1] as Method | undefined;
    if (found === undefined) throw new Error(`No method ${String(method)}`);
    const request = Buffer.from(found.requestType.encode(found.requestType.fromPartial(fields)).finish());
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/${definition.fullName}/${found.name}`,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => found.responseType.decode(bytes) as ResponseOf<Services[S]["methods"][M]>,
        request,
        this.#metadata,
        { deadline: Date.now() + 10_000 },
        (error: ServiceError | null, response) => {
          if (error !== null) reject(error);
          else if (response !== undefined) resolve(response);
        },
      );
    });
  }

  /** Returns the revision. */
  async put(key: string, value = "", options: Omit<Fields<typeof KVDefinition.methods.put>, "key" | "value"> = {}): Promise<bigint> {
    const response = await this.call("KV", "put", { key: Buffer.from(key, "latin1"), value: Buffer.from(value, "latin1"), ...options });
    return response.header?.revision ?? 0n;
  }

  /** Returns the revision. */
  async delete(key: string, rangeEnd = ""): Promise<bigint> {
    const response = await this.call("KV", "deleteRange", { key: Buffer.from(key, "latin1"), rangeEnd: Buffer.from(rangeEnd, "latin1") });
    return response.header?.revision ?? 0n;
  }

  async revision(): Promise<bigint> {
    return (await this.call("KV", "range", { key: Buffer.from("x") })).header?.revision ?? 0n;
  }

  async compact(revision: bigint): Promise<void> {
    await this.call("KV", "compact", { revision, physical: true });
  }

  watch(metadata = this.#metadata): RawWatch {
    const { fullName, methods } = WatchDefinition;
    return new RawWatch(
      this.#client.makeBidiStreamRequest(
        `/${fullName}/${methods.watch.name}`,
        (request: WatchRequest) => Buffer.from(WatchRequest.encode(request).finish()),
        (bytes: Buffer) => WatchResponse.decode(bytes),
        metadata,
      ),
    );
  }

  close(): void {
    this.#client.close();
  }
}

/** The status that a call fails with, as "3 etcdserver: key is not provided". */
export async function failure(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { code, details } = error as ServiceError;
    return `${code} ${details}`;
  }
  throw new Error("Expected the call to fail");
}
