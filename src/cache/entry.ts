import { asInt64, type Int64 } from "../model/int64.ts";
import { KeyValue } from "../model/key-value.ts";
import { isSameWrite } from "./known-keys.ts";
import { cachedId, type KeyId, keyId } from "./key-id.ts";

/** A key that is cached. */
export interface Entry<Value> {
  readonly id: KeyId;
  /** What `decode` made of it; undefined if it never could. */
  readonly value: Value | undefined;
  /** The key as etcd has it. */
  readonly kv: KeyValue;
  /** Whether it is by the same write. */
  isSame(kv: KeyValue): boolean;
}

export function entryOf<Value>(kv: KeyValue, value: Value | undefined): Entry<Value> {
  return (value as unknown) === kv ? new HeldEntry(kv, value) : new PackedEntry(kv, value);
}

/** The value is the key as it is: it is held anyway. */
class HeldEntry<Value> implements Entry<Value> {
  readonly id: KeyId;
  readonly value: Value | undefined;
  readonly kv: KeyValue;

  constructor(kv: KeyValue, value: Value | undefined) {
    this.id = cachedId(kv);
    this.kv = kv;
    this.value = value;
  }

  isSame(other: KeyValue): boolean {
    return isSameWrite(this.kv, other);
  }
}

/**
 * The bytes as strings, with a character a byte, of which a `KeyValue` is made when somebody asks for it. A string takes a third of what a
 * buffer of its own does for a short value, and unlike a part of a larger one keeps nothing else in memory.
 */
class PackedEntry<Value> implements Entry<Value> {
  readonly id: KeyId;
  readonly value: Value | undefined;
  readonly #bytes: string;
  readonly #createRevision: Int64;
  readonly #modRevision: Int64;
  readonly #version: Int64;
  readonly #lease: Int64;

  constructor(kv: KeyValue, value: Value | undefined) {
    this.id = cachedId(kv);
    this.value = value;
    this.#bytes = latin1ValueOf(kv);
    this.#createRevision = asInt64(kv.createRevision);
    this.#modRevision = asInt64(kv.modRevision);
    this.#version = asInt64(kv.version);
    this.#lease = asInt64(kv.lease);
  }

  get kv(): KeyValue {
    const keyEnd = this.id.length;
    const bytes = Buffer.allocUnsafeSlow(keyEnd + this.#bytes.length);
    bytes.write(this.id, 0, "latin1");
    bytes.write(this.#bytes, keyEnd, "latin1");
    const integers = [this.#createRevision, this.#modRevision, this.#version, this.#lease] as const;
    return new KeyValue(bytes, 0, keyEnd, keyEnd, bytes.length, ...integers);
  }

  isSame(other: KeyValue): boolean {
    return (
      this.#modRevision === asInt64(other.modRevision) &&
      this.#createRevision === asInt64(other.createRevision) &&
      this.#version === asInt64(other.version) &&
      this.#bytes === latin1ValueOf(other)
    );
  }
}

function latin1ValueOf(kv: KeyValue): string {
  return keyId(kv.value);
}
