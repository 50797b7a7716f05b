import type { DeleteResponse, GetResponse, KeyValue, PutResponse, ResponseHeader, TxnOperationResponse, TxnResponse } from "../../index.ts";
import { quoteGo } from "./go-quote.ts";
import { lines } from "./lines.ts";
import type { Printer } from "./printer.ts";

/** Every field on a line of its own: `"Key" : "a"`. */
export const fieldsPrinter: Printer = {
  get: (response) => lines(get(response)),
  put: (response) => lines(put(response)),
  delete: (response) => lines(deletion(response)),
  txn: (response) => lines(operation(response)),
  watch: ({ header, events = [] }) =>
    lines([
      ...headerFields(header),
      ...events.flatMap(({ type, kv, prevKv }) => [
        field("Type", type === "put" ? "PUT" : "DELETE"),
        ...(prevKv === undefined ? [] : kvFields(prevKv, "Prev")),
        ...kvFields(kv),
      ]),
    ]),
  grant: ({ header, id, ttlSeconds }) => lines([...headerFields(header), field("ID", id), field("TTL", ttlSeconds)]),
  revoke: (_, { header }) => lines(headerFields(header)),
  keepAlive: ({ header, id, ttlSeconds }) => lines([...headerFields(header), field("ID", id), field("TTL", ttlSeconds)]),
  timeToLive: ({ header, id, ttlSeconds, grantedTtlSeconds, keys }) =>
    lines([
      ...headerFields(header),
      field("ID", id),
      field("TTL", ttlSeconds),
      field("GrantedTTL", grantedTtlSeconds),
      ...keys.map((key) => field("Key", quoteGo(key))),
    ]),
  leases: ({ header, leases }) => lines([...headerFields(header), ...leases.map(({ id }) => field("ID", id))]),
  members: ({ header, members }) =>
    lines([
      ...headerFields(header),
      ...members.flatMap(({ id, name, peerUrls, clientUrls, isLearner }) => [
        field("ID", id),
        field("Name", quoteGo(name)),
        ...peerUrls.map((url) => field("PeerURL", quoteGo(url))),
        ...clientUrls.map((url) => field("ClientURL", quoteGo(url))),
        field("IsLearner", isLearner),
        "",
      ]),
    ]),
  statuses: (statuses) =>
    lines(
      statuses.flatMap(({ endpoint, status }) => [
        ...headerFields(status.header),
        field("Version", quoteGo(status.version)),
        field("DBSize", status.dbSize),
        field("Leader", status.leader),
        field("IsLearner", status.isLearner),
        field("RaftIndex", status.raftIndex),
        field("RaftTerm", status.raftTerm),
        field("RaftAppliedIndex", status.raftAppliedIndex),
        field("Errors", `[${status.errors.join(" ")}]`),
        field("Endpoint", quoteGo(endpoint)),
        "",
      ]),
    ),
  health: (health) =>
    lines(
      health.flatMap(({ endpoint, took, error }) => [
        field("Endpoint", quoteGo(endpoint)),
        field("Health", error === ""),
        field("Took", took),
        field("Error", error),
        "",
      ]),
    ),
};

function field(name: string, value: bigint | boolean | string): string {
  return `"${name}" : ${String(value)}`;
}

function headerFields(header: ResponseHeader | undefined): string[] {
  return [
    field("ClusterID", header?.clusterId ?? 0n),
    field("MemberID", header?.memberId ?? 0n),
    field("Revision", header?.revision ?? 0n),
    field("RaftTerm", header?.raftTerm ?? 0n),
  ];
}

function kvFields({ key, createRevision, modRevision, version, value, lease }: KeyValue, prefix = ""): string[] {
  return [
    field(`${prefix}Key`, quoteGo(key)),
    field(`${prefix}CreateRevision`, createRevision),
    field(`${prefix}ModRevision`, modRevision),
    field(`${prefix}Version`, version),
    field(`${prefix}Value`, quoteGo(value)),
    field(`${prefix}Lease`, lease),
  ];
}

function get({ header, kvs, more, count }: GetResponse): string[] {
  return [...headerFields(header), ...kvs.flatMap((kv) => kvFields(kv)), field("More", more), field("Count", count)];
}

function put({ header, prevKv }: PutResponse): string[] {
  return [...headerFields(header), ...(prevKv === undefined ? [] : kvFields(prevKv, "Prev"))];
}

function deletion({ header, deleted, prevKvs }: DeleteResponse): string[] {
  return [...headerFields(header), field("Deleted", deleted), ...prevKvs.flatMap((kv) => kvFields(kv, "Prev"))];
}

function txn({ header, succeeded, responses }: TxnResponse): string[] {
  return [...headerFields(header), field("Succeeded", succeeded), ...responses.flatMap(operation)];
}

function operation(response: TxnOperationResponse): string[] {
  switch (response.type) {
    case "get":
      return get(response);
    case "put":
      return put(response);
    case "delete":
      return deletion(response);
    case "txn":
      return txn(response);
    default: {
      const unreachable: never = response;
      return unreachable;
    }
  }
}
