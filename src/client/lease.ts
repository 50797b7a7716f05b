import { LeaseDefinition } from "../gen/rpc.ts";
import type { Namespace } from "../model/namespace.ts";
import { toInt64 } from "../model/revision.ts";
import { checkOptions, checkSignal, type OptionKinds } from "../util/option-check.ts";
import { callOptionKinds, type CallOptions } from "./call-options.ts";
import { HeaderResponse } from "./header-response.ts";
import type { KeepAliveStreamOptions } from "./keep-alive-stream.ts";
import { KeySpace } from "./key-space.ts";
import { type KeepAlive, LeaseKeepAlive } from "./lease-keep-alive.ts";
import { LeaseGrantResponse, LeaseLeasesResponse, LeaseTimeToLiveResponse } from "./lease-responses.ts";
import { ServiceCalls, type ServiceCallsOptions } from "./service-calls.ts";

/** How a lease is granted, and how long that may take. */
export interface LeaseGrantOptions extends CallOptions {
  /** The lease's id, which must be free. Default 0: the server chooses one. */
  readonly id?: bigint | number | undefined;
}

/** What to tell of a lease, and how long that may take. */
export interface LeaseTimeToLiveOptions extends CallOptions {
  /** Answer with the keys that hang on the lease. Default false. */
  readonly keys?: boolean | undefined;
}

/** How a lease is kept alive. */
export interface KeepAliveOptions {
  /** Aborting it ends the loop, quietly. The lease then runs out in its time. */
  readonly signal?: AbortSignal | undefined;
}

const grantKinds: OptionKinds<LeaseGrantOptions> = { id: "value", ...callOptionKinds };
const timeToLiveKinds: OptionKinds<LeaseTimeToLiveOptions> = { keys: "flag", ...callOptionKinds };
const keepAliveKinds: OptionKinds<KeepAliveOptions> = { signal: "value" };
const { methods } = LeaseDefinition;
const MS_PER_SECOND = 1_000;

/**
 * Leases: keys that hang on one are deleted when it runs out or is revoked. `client.lease` is one.
 *
 * Ids are bigints, and may be negative; an argument may also be a number that is a safe integer. Every method throws a `TypeError` or
 * `RangeError` at once for arguments that etcd cannot take, and then sends nothing. Its promise rejects with the signal's reason after an
 * abort, else with an `RpcError`.
 */
export class Lease {
  readonly #calls: ServiceCalls;
  readonly #keepAlive: LeaseKeepAlive;
  readonly #options: KeepAliveStreamOptions;
  readonly #keySpace: KeySpace;

  /** @internal @throws {RangeError} if the timeout is not a number of ms above 0 */
  constructor(options: KeepAliveStreamOptions & ServiceCallsOptions & { readonly namespace?: Namespace | undefined }) {
    this.#options = options;
    this.#keySpace = new KeySpace(options.namespace);
    this.#calls = new ServiceCalls(options.transport, LeaseDefinition, options);
    this.#keepAlive = new LeaseKeepAlive(options);
  }

  /**
   * Makes a lease that lives for so many seconds, and longer if it is kept alive. etcd grants no less than two (one and a half times its
   * election timeout): `ttlSeconds` of the answer is what it lives.
   * @throws {RangeError} for a time or an id that is no whole number of 64 bits, and for a negative time
   * @throws {RpcError} FAILED_PRECONDITION if the id is taken, OUT_OF_RANGE for more than 9,000,000,000 seconds
   * @example
   * const { id } = await client.lease.grant(10);
   * await client.kv.put("services/a", "10.0.0.1:80", { lease: id });
   */
  grant(ttlSeconds: bigint | number, options: LeaseGrantOptions = {}): Promise<LeaseGrantResponse> {
    checkOptions(options, grantKinds, "grant");
    const { id = 0n } = options;
    const request = { TTL: toInt64(ttlSeconds, "ttlSeconds", 0n), ID: toInt64(id, "id") };
    const sentAtMs = this.#options.clock.nowMs();
    // Not repeatable: without an id of its own the second one would be another lease, and with one it would be told "exists already".
    return this.#calls.once(methods.leaseGrant, request, options).then((message) => {
      const response = new LeaseGrantResponse(message);
      this.#keepAlive.granted(response.id, sentAtMs + Number(response.ttlSeconds) * MS_PER_SECOND);
      return response;
    });
  }

  /**
   * Ends a lease now. Its keys are deleted at one revision, and whoever keeps it alive through this client sees a `LeaseExpiredError`.
   * @throws {RpcError} NOT_FOUND if there is no such lease
   * @example
   * const { id } = await client.lease.grant(10);
   * await client.lease.revoke(id);
   */
  revoke(id: bigint | number, options: CallOptions = {}): Promise<HeaderResponse> {
    checkOptions(options, callOptionKinds, "revoke");
    const leaseId = toInt64(id, "id");
    // Not repeatable: the second one would be told "not found" of what the first one did.
    return this.#calls.once(methods.leaseRevoke, { ID: leaseId }, options).then((message) => {
      this.#keepAlive.revoked(leaseId);
      return new HeaderResponse(message);
    });
  }

  /**
   * What is left of a lease's time. A lease that does not exist is no error: `ttlSeconds` is -1n.
   * @example
   * const { id } = await client.lease.grant(10);
   * const { ttlSeconds, grantedTtlSeconds, keys } = await client.lease.timeToLive(id, { keys: true });
   * console.log(`${ttlSeconds} of ${grantedTtlSeconds} seconds are left to ${keys.length} keys`);
   */
  timeToLive(id: bigint | number, options: LeaseTimeToLiveOptions = {}): Promise<LeaseTimeToLiveResponse> {
    checkOptions(options, timeToLiveKinds, "timeToLive");
    const request = { ID: toInt64(id, "id"), keys: options.keys ?? false };
    return this.#calls.repeatable(methods.leaseTimeToLive, request, options).then((message) => {
      return new LeaseTimeToLiveResponse({ ...message, keys: this.#keySpace.keys(message.keys) });
    });
  }

  /**
   * Every lease there is.
   * @example
   * const { leases } = await client.lease.leases();
   * for (const { id } of leases) console.log(id);
   */
  leases(options: CallOptions = {}): Promise<LeaseLeasesResponse> {
    checkOptions(options, callOptionKinds, "leases");
    return this.#calls.repeatable(methods.leaseLeases, {}, options).then((message) => new LeaseLeasesResponse(message));
  }

  /**
   * Renews a lease at each third of its time, from now on until the loop over the answers is left, the signal is aborted or the client is
   * closed; all these end it quietly. Nothing has to be read for it: of answers that nobody reads, the newest is kept.
   *
   * It lives through lost connections as long as the lease may: that is counted by the local clock, from when the last renewal that was
   * answered had been sent. Of a lease that another client has made, nothing is known before the first answer, for which it waits.
   *
   * The loop throws a `LeaseExpiredError` when the lease is gone; an `RpcError` for a failure that no retry can cure, such as
   * PERMISSION_DENIED; a `ClosedError` if the client was closed before.
   * @throws {RangeError} for an id that is no whole number of 64 bits
   * @example
   * const { id } = await client.lease.grant(10);
   * for await (const { ttlSeconds } of client.lease.keepAlive(id, { signal: AbortSignal.timeout(60_000) })) {
   *   console.log(`renewed for ${ttlSeconds} seconds`);
   * }
   */
  keepAlive(id: bigint | number, options: KeepAliveOptions = {}): KeepAlive {
    checkOptions(options, keepAliveKinds, "keepAlive");
    return this.#keepAlive.keep(toInt64(id, "id"), { signal: checkSignal(options.signal) });
  }

  /** @internal Ends what is kept alive, quietly. */
  close(): Promise<void> {
    return this.#keepAlive.close();
  }
}
