import { ClusterDefinition } from "../gen/rpc.ts";
import type { Transport } from "../transport/transport.ts";
import { checkOptions, type OptionKinds } from "../util/option-check.ts";
import { callOptionKinds, type CallOptions } from "./call-options.ts";
import { MemberListResponse } from "./member-list-response.ts";
import { ServiceCalls, type ServiceCallsOptions } from "./service-calls.ts";

/** Who must know the members that are told, and how long that may take. */
export interface MemberListOptions extends CallOptions {
  /** Take the list that the whole cluster agrees on, not what one member knows. Default true. Requires etcd 3.5; it has no effect before. */
  readonly linearizable?: boolean | undefined;
}

const memberListKinds: OptionKinds<MemberListOptions> = { linearizable: "flag", ...callOptionKinds };

/** Who makes up the cluster. `client.cluster` is one. */
export class Cluster {
  readonly #calls: ServiceCalls;

  /** @internal @throws {RangeError} if the timeout is not a number of ms above 0 */
  constructor(transport: Transport, options: ServiceCallsOptions) {
    this.#calls = new ServiceCalls(transport, ClusterDefinition, options);
  }

  /**
   * The servers of the cluster.
   * @throws {RpcError} if no endpoint answers
   * @example
   * const { members } = await client.cluster.memberList();
   * for (const { name, clientUrls } of members) console.log(name, clientUrls.join(", "));
   */
  memberList(options: MemberListOptions = {}): Promise<MemberListResponse> {
    checkOptions(options, memberListKinds, "memberList");
    const request = { linearizable: options.linearizable ?? true };
    return this.#calls
      .repeatable(ClusterDefinition.methods.memberList, request, options)
      .then((message) => new MemberListResponse(message));
  }
}
