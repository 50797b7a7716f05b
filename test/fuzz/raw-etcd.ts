import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import { KVDefinition, LeaseDefinition, WatchDefinition, WatchRequest, WatchResponse } from "../../src/gen/rpc.ts";
import type { LeaseKeepAliveResponse } from "../../src/gen/rpc.ts";
import type { ResponseOf } from "../../src/mock-server/services/service-definition.ts";
import { calls } from "./operation.ts";
import type { CallName } from "./operation.ts";

const DEADLINE_MS = 20_000;

/** What a generated message offers, whatever its type. */
interface Codec<T> {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

export type Answer<T> = { readonly response: T } | { readonly status: string };

export type WatchCall = ClientDuplexStream<WatchRequest, WatchResponse>;

const serialize =
  (type: Codec<unknown>) =>
  (message: unknown): Buffer =>
    Buffer.from(type.encode(message).finish());

/** etcd's calls with nothing between the fuzzer and the wire: the library's own client would hide half of what is compared. */
export class RawEtcd {
  readonly #client: Client;

  constructor(endpoint: string) {
    this.#client = new Client(endpoint, credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
    });
  }

  /** A call's answer or the status that it failed with, as "3 etcdserver: key is not provided". */
  call<C extends CallName>(name: C, request: object): Promise<Answer<ResponseOf<(typeof calls)[C]>>> {
    const method = calls[name];
    const { fullName } = name in KVDefinition.methods ? KVDefinition : LeaseDefinition;
    const responseType: Codec<unknown> = method.responseType;
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        `/${fullName}/${method.name}`,
        serialize(method.requestType),
        (bytes) => responseType.decode(bytes) as ResponseOf<(typeof calls)[C]>,
        method.requestType.fromPartial(request),
        { deadline: Date.now() + DEADLINE_MS },
        (error: ServiceError | null, response) => {
          if (error !== null) resolve({ status: `${error.code} ${error.details}` });
          else if (response !== undefined) resolve({ response });
        },
      );
    });
  }

  /** One request on a stream of its own, and its one answer. */
  keepAlive(leaseId: bigint): Promise<Answer<LeaseKeepAliveResponse>> {
    const { name, requestType, responseType } = LeaseDefinition.methods.leaseKeepAlive;
    const call = this.#client.makeBidiStreamRequest(
      `/${LeaseDefinition.fullName}/${name}`,
      serialize(requestType),
      (bytes) => responseType.decode(bytes),
      { deadline: Date.now() + DEADLINE_MS },
    );
    return new Promise((resolve) => {
      call.on("data", (response: LeaseKeepAliveResponse) => {
        resolve({ response });
      });
      call.on("error", (error: ServiceError) => {
        resolve({ status: `${error.code} ${error.details}` });
      });
      call.on("end", () => {
        resolve({ status: "ended without an answer" });
      });
      call.write({ ID: leaseId });
      call.end();
    });
  }

  /** @param token of a user, where authentication is on */
  watch(token?: string): WatchCall {
    const { fullName, methods } = WatchDefinition;
    const metadata = new Metadata();
    if (token !== undefined) metadata.set("token", token);
    return this.#client.makeBidiStreamRequest(
      `/${fullName}/${methods.watch.name}`,
      (request: WatchRequest) => Buffer.from(WatchRequest.encode(request).finish()),
      (bytes) => WatchResponse.decode(bytes),
      metadata,
    );
  }

  close(): void {
    this.#client.close();
  }
}
