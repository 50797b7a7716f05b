import type * as wire from "../gen/rpc.ts";
import { jsonInteger } from "../model/json-form.ts";
import { ResponseHeader } from "../model/response-header.ts";
import { asBuffer } from "../util/bytes.ts";

// etcdctl prints the answers about leases in a form of their own: the header's fields lie among the others, and nothing is left out.

/** What `grant` answers. */
export class LeaseGrantResponse {
  /** What the server says of itself, with the store's revision when it answered. */
  readonly header: ResponseHeader;
  /** Any 64-bit number but 0, negative ones included. */
  readonly id: bigint;
  /** What the server granted, in seconds: more than was asked for if that was too short for it. */
  readonly ttlSeconds: bigint;

  /** @internal */
  constructor({ header, ID, TTL }: wire.LeaseGrantResponse) {
    this.header = ResponseHeader.from(header);
    this.id = ID;
    this.ttlSeconds = TTL;
  }

  /** As `etcdctl lease grant -w json` prints it, ids as strings. */
  toJSON(): Record<string, unknown> {
    return { ...this.header.toJSON(), ID: String(this.id), TTL: jsonInteger(this.ttlSeconds), Error: "" };
  }
}

/** What a lease that is kept alive is told, each time that it has been renewed. */
export class LeaseKeepAliveResponse {
  /** What the server says of itself, with the store's revision when it answered. */
  readonly header: ResponseHeader;
  /** The lease. */
  readonly id: bigint;
  /** How long the lease lives on from its renewal, in seconds. */
  readonly ttlSeconds: bigint;

  /** @internal */
  constructor({ header, ID, TTL }: wire.LeaseKeepAliveResponse) {
    this.header = ResponseHeader.from(header);
    this.id = ID;
    this.ttlSeconds = TTL;
  }

  /** As `etcdctl lease keep-alive -w json` prints it, ids as strings. */
  toJSON(): Record<string, unknown> {
    return { ...this.header.toJSON(), ID: String(this.id), TTL: jsonInteger(this.ttlSeconds) };
  }
}

/** What `timeToLive` answers. */
export class LeaseTimeToLiveResponse {
  /** What the server says of itself, with the store's revision when it answered. */
  readonly header: ResponseHeader;
  /** The lease. */
  readonly id: bigint;
  /** What is left of its time, in whole seconds, rounded down. -1n: there is no such lease. */
  readonly ttlSeconds: bigint;
  /** What it was granted, and has again after each renewal, in seconds. 0n if there is no such lease. */
  readonly grantedTtlSeconds: bigint;
  /** The keys that hang on it, if they were asked for. */
  readonly keys: readonly Buffer[];

  /** @internal */
  constructor({ header, ID, TTL, grantedTTL, keys }: wire.LeaseTimeToLiveResponse) {
    this.header = ResponseHeader.from(header);
    this.id = ID;
    this.ttlSeconds = TTL;
    this.grantedTtlSeconds = grantedTTL;
    this.keys = keys.map(asBuffer);
  }

  /** As `etcdctl lease timetolive -w json` prints it, ids as strings. */
  toJSON(): Record<string, unknown> {
    return {
      ...this.header.toJSON(),
      id: String(this.id),
      ttl: jsonInteger(this.ttlSeconds),
      "granted-ttl": jsonInteger(this.grantedTtlSeconds),
      keys: this.keys.length === 0 ? null : this.keys.map((key) => key.toString("base64")),
    };
  }
}

/** What `leases` answers. */
export class LeaseLeasesResponse {
  /** What the server says of itself, with the store's revision when it answered. */
  readonly header: ResponseHeader;
  /** Every lease there is, the one that expires first in front. */
  readonly leases: readonly { readonly id: bigint }[];

  /** @internal */
  constructor({ header, leases }: wire.LeaseLeasesResponse) {
    this.header = ResponseHeader.from(header);
    this.leases = leases.map(({ ID }) => ({ id: ID }));
  }

  /** As `etcdctl lease list -w json` prints it, ids as strings. */
  toJSON(): Record<string, unknown> {
    return { ...this.header.toJSON(), leases: this.leases.map(({ id }) => ({ id: String(id) })) };
  }
}
