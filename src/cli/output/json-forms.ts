import type {
  DeleteResponse,
  GetResponse,
  HeaderResponse,
  KeyValue,
  LeaseGrantResponse,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseTimeToLiveResponse,
  Member,
  MemberListResponse,
  PutResponse,
  ResponseHeader,
  StatusResponse,
  TxnOperationResponse,
  TxnResponse,
  WatchEvent,
} from "../../index.ts";
import { type JsonFields, omitEmpty } from "./json-text.ts";
import type { PrintedHealth, PrintedStatus, PrintedWatch } from "./printer.ts";

// etcdctl's JSON is that of Go's structs: field names, their order, and what is left out differ from one message to the next.

function headerForm({ clusterId, memberId, revision, raftTerm }: ResponseHeader): JsonFields {
  return omitEmpty({ cluster_id: clusterId, member_id: memberId, revision, raft_term: raftTerm });
}

function kvForm({ key, createRevision, modRevision, version, value, lease }: KeyValue): JsonFields {
  return omitEmpty({ key, create_revision: createRevision, mod_revision: modRevision, version, value, lease });
}

export function getForm({ header, kvs, more, count }: GetResponse): JsonFields {
  return omitEmpty({ header: headerForm(header), kvs: kvs.map(kvForm), more, count });
}

export function putForm({ header, prevKv }: PutResponse): JsonFields {
  return omitEmpty({ header: headerForm(header), prev_kv: prevKv && kvForm(prevKv) });
}

export function deleteForm({ header, deleted, prevKvs }: DeleteResponse): JsonFields {
  return omitEmpty({ header: headerForm(header), deleted, prev_kvs: prevKvs.map(kvForm) });
}

export function txnForm({ header, succeeded, responses }: TxnResponse): JsonFields {
  return omitEmpty({
    header: headerForm(header),
    succeeded,
    responses: responses.map((response) => ({ Response: operationForm(response) })),
  });
}

function operationForm(response: TxnOperationResponse): JsonFields {
  switch (response.type) {
    case "get":
      return { ResponseRange: getForm(response) };
    case "put":
      return { ResponsePut: putForm(response) };
    case "delete":
      return { ResponseDeleteRange: deleteForm(response) };
    case "txn":
      return { ResponseTxn: txnForm(response) };
    default: {
      const unreachable: never = response;
      return unreachable;
    }
  }
}

export function watchForm({ header, events, compactRevision, canceled, created }: PrintedWatch): JsonFields {
  return {
    Header: header === undefined ? {} : headerForm(header),
    Events: events === undefined ? null : events.map(eventForm),
    CompactRevision: compactRevision,
    Canceled: canceled,
    Created: created,
  };
}

function eventForm({ type, kv, prevKv }: WatchEvent): JsonFields {
  return omitEmpty({ type: type === "delete" ? 1 : 0, kv: kvForm(kv), prev_kv: prevKv && kvForm(prevKv) });
}

export function grantForm({ header, id, ttlSeconds }: LeaseGrantResponse): JsonFields {
  return { ...headerForm(header), ID: id, TTL: ttlSeconds, Error: "" };
}

export function revokeForm({ header }: HeaderResponse): JsonFields {
  return { header: headerForm(header) };
}

export function keepAliveForm({ header, id, ttlSeconds }: LeaseKeepAliveResponse): JsonFields {
  return { ...headerForm(header), ID: id, TTL: ttlSeconds };
}

export function timeToLiveForm({ header, id, ttlSeconds, grantedTtlSeconds, keys }: LeaseTimeToLiveResponse): JsonFields {
  return { ...headerForm(header), id, ttl: ttlSeconds, "granted-ttl": grantedTtlSeconds, keys: keys.length === 0 ? null : keys };
}

export function leasesForm({ header, leases }: LeaseLeasesResponse): JsonFields {
  return { ...headerForm(header), leases: leases.map(({ id }) => ({ id })) };
}

export function membersForm({ header, members }: MemberListResponse): JsonFields {
  return omitEmpty({ header: headerForm(header), members: members.map(memberForm) });
}

function memberForm({ id, name, peerUrls, clientUrls, isLearner }: Member): JsonFields {
  return omitEmpty({ ID: id, name, peerURLs: peerUrls, clientURLs: clientUrls, isLearner });
}

export function statusForm({ endpoint, status }: PrintedStatus): JsonFields {
  return { Endpoint: endpoint, Status: statusMessageForm(status) };
}

function statusMessageForm(status: StatusResponse): JsonFields {
  const { header, version, dbSize, leader, raftIndex, raftTerm, raftAppliedIndex, errors, dbSizeInUse, isLearner } = status;
  const { storageVersion, dbSizeQuota, downgradeInfo } = status;
  return omitEmpty({
    header: headerForm(header),
    ...{ version, dbSize, leader, raftIndex, raftTerm, raftAppliedIndex, errors, dbSizeInUse, isLearner, storageVersion, dbSizeQuota },
    downgradeInfo: downgradeInfo && omitEmpty({ enabled: downgradeInfo.enabled, targetVersion: downgradeInfo.targetVersion }),
  });
}

export function healthForm({ endpoint, took, error }: PrintedHealth): JsonFields {
  return { endpoint, health: error === "", took, ...omitEmpty({ error }) };
}
