import { jsonObject } from "./json-form.ts";
import type { KeyValue } from "./key-value.ts";

/** What puts and deletes have in common. */
class EventBase<Type extends "put" | "delete", Value> {
  /** Tells a put from a delete. */
  readonly type: Type;
  /** The key as it is after the change. Of a delete: the key and `modRevision` alone. */
  readonly kv: KeyValue;
  /** The key as it was before, if `prevKv` was asked for, the key existed and that revision is not compacted. */
  readonly prevKv: KeyValue | undefined;
  /** What `decode` made of `kv`. Only with `decode`, and only on a put. */
  value: Value | undefined = undefined;
  /** What `decode` threw. The loop goes on. */
  decodeError: unknown = undefined;

  /** @internal */
  constructor(type: Type, kv: KeyValue, prevKv: KeyValue | undefined) {
    this.type = type;
    this.kv = kv;
    this.prevKv = prevKv;
  }

  /** A put of a key that did not exist before. (A delete carries no create revision.) */
  get isCreate(): boolean {
    return this.kv.createRevision === this.kv.modRevision;
  }

  /** A put of a key that existed. */
  get isModify(): boolean {
    return this.kv.createRevision !== 0n && !this.isCreate;
  }
}

/** A key was created, or written again. */
export class PutEvent<Value = unknown> extends EventBase<"put", Value> {
  /** @internal */
  constructor(kv: KeyValue, prevKv: KeyValue | undefined) {
    super("put", kv, prevKv);
  }

  /** As `etcdctl watch -w json` prints it. */
  toJSON(): Record<string, unknown> {
    return jsonObject({ kv: this.kv.toJSON(), prev_kv: this.prevKv?.toJSON() });
  }
}

/** A key was deleted, or its lease ran out. */
export class DeleteEvent<Value = unknown> extends EventBase<"delete", Value> {
  /** @internal */
  constructor(kv: KeyValue, prevKv: KeyValue | undefined) {
    super("delete", kv, prevKv);
  }

  /** As `etcdctl watch -w json` prints it. */
  toJSON(): Record<string, unknown> {
    return jsonObject({ type: 1, kv: this.kv.toJSON(), prev_kv: this.prevKv?.toJSON() });
  }
}

/** One change of one key. */
export type WatchEvent<Value = unknown> = PutEvent<Value> | DeleteEvent<Value>;
