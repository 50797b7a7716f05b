import { MaintenanceDefinition } from "../gen/rpc.ts";
import { parseEndpoint } from "../transport/endpoints.ts";
import type { Transport } from "../transport/transport.ts";
import { checkOptions } from "../util/option-check.ts";
import { callOptionKinds, type CallOptions } from "./call-options.ts";
import { ServiceCalls, type ServiceCallsOptions } from "./service-calls.ts";
import { StatusResponse } from "./status-response.ts";

/** Asks members how they are. `client.maintenance` is one. */
export class Maintenance {
  readonly #calls: ServiceCalls;

  /** @internal @throws {RangeError} if the timeout is not a number of ms above 0 */
  constructor(transport: Transport, options: ServiceCallsOptions) {
    this.#calls = new ServiceCalls(transport, MaintenanceDefinition, options);
  }

  /**
   * How the member behind an endpoint is: its version, its size on the disk, its leader, what is wrong with it.
   * @param endpoint which one to ask, one of the client's or any other. Default: the one that the client uses now.
   * @throws {TypeError} for an endpoint of no known form
   * @throws {RpcError} if it does not answer; no other is asked instead
   * @example
   * for (const endpoint of client.endpoints) {
   *   const { version, leader, header } = await client.maintenance.status(endpoint);
   *   console.log(`${endpoint}: etcd ${version}${leader === header.memberId ? ", leader" : ""}`);
   * }
   */
  status(endpoint?: string, options: CallOptions = {}): Promise<StatusResponse> {
    checkOptions(options, callOptionKinds, "status");
    if (endpoint !== undefined) parseEndpoint(endpoint);
    return this.#calls
      .repeatable(MaintenanceDefinition.methods.status, {}, options, endpoint)
      .then((message) => new StatusResponse(message));
  }
}
