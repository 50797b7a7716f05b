import { describe, expect, it } from "vitest";
import * as here from "../../../src/errors/etcd-error.ts";

type Errors = typeof here;

// A query makes it a module of its own, as it is in a program that has two copies of the package.
const copyPath = "../../../src/errors/etcd-error.ts?copy";
const copy = (await import(copyPath)) as Errors;

/** One of each class, its guard, and what it says. */
function samples(
  errors: Errors,
): { error: here.EtcdError; name: string; code: string; message: string; isIt: (error: unknown) => boolean }[] {
  return [
    {
      error: new errors.CompactedError({ requestedRevision: 3n, compactRevision: 9n }),
      name: "CompactedError",
      code: "COMPACTED",
      message: "COMPACTED: revision 3 has been compacted; the oldest one kept is 9",
      isIt: errors.isCompactedError,
    },
    {
      error: new errors.WatchCanceledError({ watchId: 4n, reason: "no", code: "PERMISSION_DENIED", key: "a" }),
      name: "WatchCanceledError",
      code: "PERMISSION_DENIED",
      message: 'PERMISSION_DENIED: the watch of "a" (id 4) was cancelled by the server: no',
      isIt: errors.isWatchCanceledError,
    },
    {
      error: new errors.SlowConsumerError({ bufferedBytes: 12, limitBytes: 10 }),
      name: "SlowConsumerError",
      code: "SLOW_CONSUMER",
      message: "SLOW_CONSUMER: the reader is too slow: 12 bytes wait for it, 10 may",
      isIt: errors.isSlowConsumerError,
    },
    {
      error: new errors.RpcError({ code: "UNAVAILABLE", details: "etcdserver: no leader", path: "/etcdserverpb.KV/Put" }),
      name: "RpcError",
      code: "UNAVAILABLE",
      message: "UNAVAILABLE: etcdserver: no leader (/etcdserverpb.KV/Put)",
      isIt: errors.isRpcError,
    },
    {
      error: new errors.ClusterChangedError({ what: "cluster id", expected: 1n, actual: 2n }),
      name: "ClusterChangedError",
      code: "CLUSTER_CHANGED",
      message: "CLUSTER_CHANGED: the cluster id is 2, and was 1: the cluster was replaced or restored",
      isIt: errors.isClusterChangedError,
    },
    {
      error: new errors.LeaseExpiredError({ leaseId: -7n }),
      name: "LeaseExpiredError",
      code: "LEASE_EXPIRED",
      message: "LEASE_EXPIRED: lease -7 has expired or was revoked",
      isIt: errors.isLeaseExpiredError,
    },
    {
      error: new errors.UnsupportedError("not on etcd 3.3"),
      name: "UnsupportedError",
      code: "UNSUPPORTED",
      message: "UNSUPPORTED: not on etcd 3.3",
      isIt: errors.isUnsupportedError,
    },
    {
      error: new errors.ClosedError("The client"),
      name: "ClosedError",
      code: "CLOSED",
      message: "CLOSED: The client is closed",
      isIt: errors.isClosedError,
    },
    {
      error: new errors.ProtocolError("an answer to no question"),
      name: "ProtocolError",
      code: "PROTOCOL",
      message: "PROTOCOL: an answer to no question",
      isIt: errors.isProtocolError,
    },
  ];
}

const guards = Object.entries(here).filter(([name]) => /^is.+Error$/.test(name) && name !== "isEtcdError");

describe.each(samples(here))("$name", ({ error, name, code, message, isIt }) => {
  it("leads its message with its code", () => {
    expect(error.message).toBe(message);
    expect(error.code).toBe(code);
    expect(String(error)).toBe(`${name}: ${message}`);
  });

  it("is an EtcdError and an Error, with a stack", () => {
    expect(error).toBeInstanceOf(here.EtcdError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(error.stack).toContain("etcd-error.test.ts");
    expect(here.isEtcdError(error)).toBe(true);
  });

  it("is recognised by its own guard and by no other", () => {
    expect(isIt(error)).toBe(true);
    expect(guards.filter(([, guard]) => (guard as typeof isIt)(error)).map(([guardName]) => guardName)).toEqual([`is${name}`]);
  });
});

describe("The guards", () => {
  it("cover every class", () => {
    expect(guards).toHaveLength(samples(here).length);
  });

  it("recognise errors of another copy of the package, where instanceof does not", () => {
    const theirs = samples(copy);
    const ours = samples(here);
    expect(copy.EtcdError).not.toBe(here.EtcdError);
    theirs.forEach(({ error, isIt }, index) => {
      expect(error).not.toBeInstanceOf(here.EtcdError);
      expect(here.isEtcdError(error)).toBe(true);
      expect(ours[index]?.isIt(error)).toBe(true);
      expect(isIt(ours[index]?.error)).toBe(true);
    });
  });

  it.each([new Error("plain"), new TypeError("wrong"), undefined, null, "COMPACTED", { code: "COMPACTED" }])("refuse %o", (other) => {
    expect(here.isEtcdError(other)).toBe(false);
    expect(guards.some(([, guard]) => (guard as (error: unknown) => boolean)(other))).toBe(false);
  });
});

describe("EtcdError", () => {
  it("is retryable only where the same call may succeed: RpcError UNAVAILABLE", () => {
    expect(samples(here).filter(({ error }) => error.retryable)).toHaveLength(1);
    expect(new here.RpcError({ code: "UNAVAILABLE", details: "", path: "" }).retryable).toBe(true);
    expect(new here.RpcError({ code: "DEADLINE_EXCEEDED", details: "", path: "" }).retryable).toBe(false);
  });

  it("keeps its cause, and has none without one", () => {
    const cause = new Error("below");
    expect(new here.RpcError({ code: "UNKNOWN", details: "", path: "", cause }).cause).toBe(cause);
    expect("cause" in new here.RpcError({ code: "UNKNOWN", details: "", path: "" })).toBe(false);
  });
});

describe("CompactedError", () => {
  it("does without the compact revision where etcd does not tell it", () => {
    const error = new here.CompactedError({ requestedRevision: 3n });
    expect(error.compactRevision).toBeUndefined();
    expect(error.message).toBe("COMPACTED: revision 3 has been compacted");
  });
});

describe("WatchCanceledError", () => {
  it("says so when the server gave no reason", () => {
    expect(new here.WatchCanceledError({ watchId: -1n, reason: "", code: "UNKNOWN", key: "a" }).message).toContain(
      "the server gave no reason",
    );
  });
});

describe("EtcdError.toJSON()", () => {
  it("gives a structured log every fact, and no bigint", () => {
    const compacted = new here.CompactedError({ requestedRevision: 3n, compactRevision: 2n ** 60n });
    expect(JSON.parse(JSON.stringify(compacted))).toEqual({
      name: "CompactedError",
      message: compacted.message,
      code: "COMPACTED",
      retryable: false,
      requestedRevision: 3,
      compactRevision: String(2n ** 60n),
    });
    const rpc = new here.RpcError({ code: "UNAVAILABLE", details: "no", path: "/x" });
    expect(JSON.parse(JSON.stringify(rpc))).toMatchObject({ code: "UNAVAILABLE", retryable: true, details: "no", path: "/x" });
  });
});
