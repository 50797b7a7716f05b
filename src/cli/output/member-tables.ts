import type { MemberListResponse } from "../../index.ts";
import type { PrintedHealth, PrintedStatus } from "./printer.ts";
import { byteSize } from "./quantities.ts";

/** What is printed as a table, or as lines with commas. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function memberTable({ members }: MemberListResponse): Table {
  return {
    head: ["ID", "Status", "Name", "Peer Addrs", "Client Addrs", "Is Learner"],
    rows: members.map(({ id, name, peerUrls, clientUrls, isLearner }) => [
      id.toString(16),
      name === "" ? "unstarted" : "started",
      name,
      peerUrls.join(","),
      clientUrls.join(","),
      String(isLearner),
    ]),
  };
}

export function statusTable(statuses: readonly PrintedStatus[]): Table {
  return {
    head: ["endpoint", "ID", "version", "db size", "is leader", "is learner", "raft term", "raft index", "raft applied index", "errors"],
    rows: statuses.map(({ endpoint, status }) => [
      endpoint,
      status.header.memberId.toString(16),
      status.version,
      byteSize(Number(status.dbSize)),
      String(status.leader === status.header.memberId),
      String(status.isLearner),
      String(status.raftTerm),
      String(status.raftIndex),
      String(status.raftAppliedIndex),
      status.errors.join(", "),
    ]),
  };
}

export function healthTable(health: readonly PrintedHealth[]): Table {
  return {
    head: ["endpoint", "health", "took", "error"],
    rows: health.map(({ endpoint, took, error }) => [endpoint, String(error === ""), took, error]),
  };
}
