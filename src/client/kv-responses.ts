import type * as wire from "../gen/rpc.ts";
import { jsonInteger, jsonObject } from "../model/json-form.ts";
import { KeyValue } from "../model/key-value.ts";
import { ResponseHeader } from "../model/response-header.ts";

/** What `get` answers. */
export class GetResponse {
  /** Tells it from the other answers of a transaction. */
  readonly type = "get";
  /** What the server says of itself, with the store's revision when it answered. */
  readonly header: ResponseHeader;
  /** The keys found, in the order asked for. */
  readonly kvs: readonly KeyValue[];
  /** Whether the limit left some out. */
  readonly more: boolean;
  /** How many keys the range has at that revision, whatever the limit and the revision filters leave out. */
  readonly count: bigint;

  /** @internal */
  constructor({ header, kvs, more, count }: wire.RangeResponse) {
    this.header = ResponseHeader.from(header);
    this.kvs = kvs.map((kv) => KeyValue.from(kv));
    this.more = more;
    this.count = count;
  }

  /** As `etcdctl get -w json` prints it, ids as strings. */
  toJSON(): Record<string, unknown> {
    return jsonObject({ header: this.header.toJSON(), kvs: jsonList(this.kvs), more: this.more, count: jsonInteger(this.count) });
  }
}

/** What `put` answers. */
export class PutResponse {
  /** Tells it from the other answers of a transaction. */
  readonly type = "put";
  /** What the server says of itself, with the store's revision when it answered. */
  readonly header: ResponseHeader;
  /** The key as it was before, if `prevKv` was asked for and the key existed. */
  readonly prevKv: KeyValue | undefined;

  /** @internal */
  constructor({ header, prevKv }: wire.PutResponse) {
    this.header = ResponseHeader.from(header);
    this.prevKv = prevKv === undefined ? undefined : KeyValue.from(prevKv);
  }

  /** As `etcdctl put -w json` prints it, ids as strings. */
  toJSON(): Record<string, unknown> {
    return jsonObject({ header: this.header.toJSON(), prev_kv: this.prevKv?.toJSON() });
  }
}

/** What `delete` answers. */
export class DeleteResponse {
  /** Tells it from the other answers of a transaction. */
  readonly type = "delete";
  /** What the server says of itself, with the store's revision when it answered. */
  readonly header: ResponseHeader;
  /** How many keys were deleted. */
  readonly deleted: bigint;
  /** The keys as they were, if `prevKv` was asked for. In key order. */
  readonly prevKvs: readonly KeyValue[];

  /** @internal */
  constructor({ header, deleted, prevKvs }: wire.DeleteRangeResponse) {
    this.header = ResponseHeader.from(header);
    this.deleted = deleted;
    this.prevKvs = prevKvs.map((kv) => KeyValue.from(kv));
  }

  /** As `etcdctl del -w json` prints it, ids as strings. */
  toJSON(): Record<string, unknown> {
    return jsonObject({ header: this.header.toJSON(), deleted: jsonInteger(this.deleted), prev_kvs: jsonList(this.prevKvs) });
  }
}

/** What `compact` answers. */
export class CompactResponse {
  /** What the server says of itself, with the store's revision when it answered. */
  readonly header: ResponseHeader;

  /** @internal */
  constructor({ header }: wire.CompactionResponse) {
    this.header = ResponseHeader.from(header);
  }

  /** As etcd's JSON has it, ids as strings. */
  toJSON(): Record<string, unknown> {
    return jsonObject({ header: this.header.toJSON() });
  }
}

/** etcdctl leaves out an empty list. */
function jsonList(kvs: readonly KeyValue[]): unknown {
  return kvs.length === 0 ? undefined : kvs.map((kv) => kv.toJSON());
}
