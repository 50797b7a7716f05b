import { jsonInteger } from "../model/json-form.ts";
import type { ResponseHeader } from "../model/response-header.ts";
import type { Revision } from "../model/revision.ts";
import type { GrpcStatusName } from "./grpc-status.ts";

/** Survives two copies of the package in one program, where `instanceof` does not. */
const KIND = Symbol.for("etcd-watch.error-kind");

type Kind =
  "compacted" | "watch-canceled" | "slow-consumer" | "rpc" | "cluster-changed" | "lease-expired" | "unsupported" | "closed" | "protocol";

interface EtcdErrorFields {
  readonly kind: Kind;
  readonly code: string;
  readonly retryable: boolean;
  readonly cause?: unknown;
}

/**
 * What every error of this library is. Branch on the class or its guard (`isCompactedError(error)`), or on `code`.
 * Wrong arguments are no `EtcdError` but a `TypeError` or `RangeError`.
 */
export abstract class EtcdError extends Error {
  /** A gRPC status name such as `PERMISSION_DENIED`, or the class's own, such as `COMPACTED`. */
  readonly code: string;
  /** Whether the same call may succeed if it is made again. */
  readonly retryable: boolean;
  /** @internal */
  declare readonly [KIND]: Kind;

  constructor(message: string, { kind, code, retryable, cause }: EtcdErrorFields) {
    super(`${code}: ${message}`, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = retryable;
    Object.defineProperty(this, KIND, { value: kind }); // not enumerable: no business of who prints the error
  }

  /** What a structured log wants of it. Without this, JSON.stringify throws on the first revision. */
  toJSON(): Record<string, unknown> {
    const fields: Record<string, unknown> = {};
    for (const name of Object.keys(this)) {
      const value: unknown = Reflect.get(this, name);
      fields[name] = typeof value === "bigint" ? jsonInteger(value) : value;
    }
    return { name: this.name, message: this.message, ...fields };
  }
}

/** The server no longer has the revisions that were asked for. List the keys again and watch from there. */
export class CompactedError extends EtcdError {
  /** The first revision that was wanted and is gone. */
  readonly requestedRevision: Revision;
  /** The lowest revision that can still be read. Undefined on unary calls: etcd does not tell there. */
  readonly compactRevision: Revision | undefined;
  /** What the server said of itself as it ended the watch. Undefined on unary calls, whose failures carry no header. */
  readonly header: ResponseHeader | undefined;

  constructor({
    requestedRevision,
    compactRevision,
    header,
    cause,
  }: {
    requestedRevision: Revision;
    compactRevision?: Revision | undefined;
    header?: ResponseHeader | undefined;
    cause?: unknown;
  }) {
    const kept = compactRevision === undefined ? "" : `; the oldest one kept is ${String(compactRevision)}`;
    super(`revision ${String(requestedRevision)} has been compacted${kept}`, {
      kind: "compacted",
      code: "COMPACTED",
      retryable: false,
      cause,
    });
    this.requestedRevision = requestedRevision;
    this.compactRevision = compactRevision;
    this.header = header;
  }
}

/** The server refused this watch, or cancelled it on its own. */
export class WatchCanceledError extends EtcdError {
  /** The server's id of the watch; -1n if it was refused before it had one. */
  readonly watchId: bigint;
  /** What the server said, word for word. */
  readonly reason: string;
  /** The name of the gRPC status. */
  declare readonly code: GrpcStatusName;

  constructor({ watchId, reason, code, key }: { watchId: bigint; reason: string; code: GrpcStatusName; key: string }) {
    const said = reason === "" ? "the server gave no reason" : reason;
    const what = watchId === -1n ? "was refused" : `(id ${String(watchId)}) was cancelled`;
    super(`the watch of ${JSON.stringify(key)} ${what} by the server: ${said}`, {
      kind: "watch-canceled",
      code,
      retryable: false,
    });
    this.watchId = watchId;
    this.reason = reason;
  }
}

/** The reader fell behind and `whenFull: "fail"` was chosen. */
export class SlowConsumerError extends EtcdError {
  /** Bytes of answers that waited. */
  readonly bufferedBytes: number;
  /** Bytes that may wait: the watch's `maxBytes`. */
  readonly limitBytes: number;

  constructor({ bufferedBytes, limitBytes }: { bufferedBytes: number; limitBytes: number }) {
    super(`the reader is too slow: ${String(bufferedBytes)} bytes wait for it, ${String(limitBytes)} may`, {
      kind: "slow-consumer",
      code: "SLOW_CONSUMER",
      retryable: false,
    });
    this.bufferedBytes = bufferedBytes;
    this.limitBytes = limitBytes;
  }
}

/** A gRPC call ended with a status that is not OK. */
export class RpcError extends EtcdError {
  /** The name of the gRPC status. */
  declare readonly code: GrpcStatusName;
  /** The status message, as the server (or the transport) wrote it. */
  readonly details: string;
  /** The method, such as `/etcdserverpb.KV/Put`. */
  readonly path: string;

  constructor({ code, details, path, cause }: { code: GrpcStatusName; details: string; path: string; cause?: unknown }) {
    super(`${details} (${path})`, { kind: "rpc", code, retryable: code === "UNAVAILABLE", cause });
    this.details = details;
    this.path = path;
  }
}

/** The endpoint answers for another cluster, or for one that lost revisions which were seen before. */
export class ClusterChangedError extends EtcdError {
  /** What was seen before. */
  readonly expected: bigint;
  /** What the endpoint answered. */
  readonly actual: bigint;

  constructor({ what, expected, actual }: { what: "cluster id" | "revision"; expected: bigint; actual: bigint }) {
    super(`the ${what} is ${String(actual)}, and was ${String(expected)}: the cluster was replaced or restored`, {
      kind: "cluster-changed",
      code: "CLUSTER_CHANGED",
      retryable: false,
    });
    this.expected = expected;
    this.actual = actual;
  }
}

/** The lease ran out, or was revoked. Its keys are gone. */
export class LeaseExpiredError extends EtcdError {
  /** The lease. */
  readonly leaseId: bigint;

  constructor({ leaseId }: { leaseId: bigint }) {
    super(`lease ${String(leaseId)} has expired or was revoked`, { kind: "lease-expired", code: "LEASE_EXPIRED", retryable: false });
    this.leaseId = leaseId;
  }
}

/** This server cannot do what was asked, or cannot do it safely. */
export class UnsupportedError extends EtcdError {
  constructor(message: string, { cause }: { cause?: unknown } = {}) {
    super(message, { kind: "unsupported", code: "UNSUPPORTED", retryable: false, cause });
  }
}

/** Used after `close()`. */
export class ClosedError extends EtcdError {
  constructor(what: string) {
    super(`${what} is closed`, { kind: "closed", code: "CLOSED", retryable: false });
  }
}

/** The server sent what the protocol does not allow. */
export class ProtocolError extends EtcdError {
  /** What was sent, and what should have been. */
  readonly detail: string;

  constructor(detail: string, { cause }: { cause?: unknown } = {}) {
    super(detail, { kind: "protocol", code: "PROTOCOL", retryable: false, cause });
    this.detail = detail;
  }
}

function kindOf(error: unknown): unknown {
  return error instanceof Error && KIND in error ? error[KIND] : undefined;
}

/** Whether it is any error of this library. */
export const isEtcdError = (error: unknown): error is EtcdError => kindOf(error) !== undefined;
/** Whether it is a `CompactedError`, of any copy of this package. */
export const isCompactedError = (error: unknown): error is CompactedError => kindOf(error) === "compacted";
/** Whether it is a `WatchCanceledError`, of any copy of this package. */
export const isWatchCanceledError = (error: unknown): error is WatchCanceledError => kindOf(error) === "watch-canceled";
/** Whether it is a `SlowConsumerError`, of any copy of this package. */
export const isSlowConsumerError = (error: unknown): error is SlowConsumerError => kindOf(error) === "slow-consumer";
/** Whether it is an `RpcError`, of any copy of this package. */
export const isRpcError = (error: unknown): error is RpcError => kindOf(error) === "rpc";
/** Whether it is a `ClusterChangedError`, of any copy of this package. */
export const isClusterChangedError = (error: unknown): error is ClusterChangedError => kindOf(error) === "cluster-changed";
/** Whether it is a `LeaseExpiredError`, of any copy of this package. */
export const isLeaseExpiredError = (error: unknown): error is LeaseExpiredError => kindOf(error) === "lease-expired";
/** Whether it is an `UnsupportedError`, of any copy of this package. */
export const isUnsupportedError = (error: unknown): error is UnsupportedError => kindOf(error) === "unsupported";
/** Whether it is a `ClosedError`, of any copy of this package. */
export const isClosedError = (error: unknown): error is ClosedError => kindOf(error) === "closed";
/** Whether it is a `ProtocolError`, of any copy of this package. */
export const isProtocolError = (error: unknown): error is ProtocolError => kindOf(error) === "protocol";
