import type {
  DeleteResponse,
  GetResponse,
  HeaderResponse,
  LeaseGrantResponse,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseTimeToLiveResponse,
  MemberListResponse,
  PutResponse,
  ResponseHeader,
  StatusResponse,
  TxnResponse,
  WatchEvent,
} from "../../index.ts";

/** A response of a watch, or its end, which etcdctl prints as one too. */
export interface PrintedWatch {
  /** Undefined for an end of which the server tells nothing. */
  readonly header: ResponseHeader | undefined;
  readonly events: readonly WatchEvent[] | undefined;
  readonly compactRevision: bigint;
  readonly canceled: boolean;
  readonly created: boolean;
}

export interface PrintedStatus {
  readonly endpoint: string;
  readonly status: StatusResponse;
}

export interface PrintedHealth {
  readonly endpoint: string;
  readonly took: string;
  /** Empty: it is healthy. */
  readonly error: string;
}

/** What is printed of each kind of answer. Keys and values are bytes, and so is what is made of them. */
export interface Printer {
  get(response: GetResponse): Uint8Array;
  put(response: PutResponse): Uint8Array;
  delete(response: DeleteResponse): Uint8Array;
  txn(response: TxnResponse): Uint8Array;
  watch(response: PrintedWatch): Uint8Array;
  grant(response: LeaseGrantResponse): Uint8Array;
  revoke(id: bigint, response: HeaderResponse): Uint8Array;
  keepAlive(response: LeaseKeepAliveResponse): Uint8Array;
  timeToLive(response: LeaseTimeToLiveResponse, showKeys: boolean): Uint8Array;
  leases(response: LeaseLeasesResponse): Uint8Array;
  members(response: MemberListResponse): Uint8Array;
  statuses(statuses: readonly PrintedStatus[]): Uint8Array;
  health(health: readonly PrintedHealth[]): Uint8Array;
}

/** The answers that can be printed as a table. */
export type TablePrinter = Pick<Printer, "members" | "statuses" | "health">;
