import { inspect } from "node:util";
import { asBuffer } from "../util/bytes.ts";
import { asBigInt, asInt64, type Int64 } from "./int64.ts";
import { jsonInteger, jsonObject } from "./json-form.ts";
import type { Revision } from "./revision.ts";

interface KeyValueFields {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  readonly version: bigint;
  readonly lease: bigint;
}

/**
 * A key with its value as it was at one revision.
 *
 * `key` and `value` are views into the answer they came with, which stays in memory as long as they do. Keep `copy()` for longer.
 */
export class KeyValue {
  // Where the key and the value are, and integers as the decoder read them: a Buffer or a bigint is made when somebody asks for it.
  // Not #private, so that a deep comparison in somebody's test sees them: two different keys would be equal to it.
  private keyBytes: Buffer;
  private keyStart: number;
  private keyEnd: number;
  private valueBytes: Buffer;
  private valueStart: number;
  private valueEnd: number;
  private readonly createRevision64: Int64;
  /** @internal */
  readonly modRevision64: Int64;
  private readonly version64: Int64;
  private readonly lease64: Int64;

  /** @internal For the decoder, which makes one for each event and so hands over no object. */
  constructor(
    bytes: Buffer,
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    createRevision: Int64,
    modRevision: Int64,
    version: Int64,
    lease: Int64,
  ) {
    this.keyBytes = bytes;
    this.keyStart = keyStart;
    this.keyEnd = keyEnd;
    this.valueBytes = bytes;
    this.valueStart = valueStart;
    this.valueEnd = valueEnd;
    this.createRevision64 = createRevision;
    this.modRevision64 = modRevision;
    this.version64 = version;
    this.lease64 = lease;
  }

  /** @internal */
  static from({ key, value, createRevision, modRevision, version, lease }: KeyValueFields): KeyValue {
    const integers = [createRevision, modRevision, version, lease].map(asInt64) as [Int64, Int64, Int64, Int64];
    const kv = new KeyValue(asBuffer(key), 0, key.length, 0, value.length, ...integers);
    kv.valueBytes = asBuffer(value);
    return kv;
  }

  /** The key. The same Buffer each time. */
  get key(): Buffer {
    if (this.keyEnd - this.keyStart !== this.keyBytes.length) {
      this.keyBytes = this.keyBytes.subarray(this.keyStart, this.keyEnd);
      this.keyStart = 0;
      this.keyEnd = this.keyBytes.length;
    }
    return this.keyBytes;
  }

  /** The value; empty in a delete event. The same Buffer each time. */
  get value(): Buffer {
    if (this.valueEnd - this.valueStart !== this.valueBytes.length) {
      this.valueBytes = this.valueBytes.subarray(this.valueStart, this.valueEnd);
      this.valueStart = 0;
      this.valueEnd = this.valueBytes.length;
    }
    return this.valueBytes;
  }

  /** The revision at which the key was last created. 0 in a delete event. */
  get createRevision(): Revision {
    return asBigInt(this.createRevision64);
  }

  /** The revision of this change. */
  get modRevision(): Revision {
    return asBigInt(this.modRevision64);
  }

  /** How often the key was written since it was created, from 1 on. 0 in a delete event. */
  get version(): bigint {
    return asBigInt(this.version64);
  }

  /** The lease it hangs on; 0 for none. */
  get lease(): bigint {
    return asBigInt(this.lease64);
  }

  /** The key as UTF-8 text. */
  get keyText(): string {
    return this.keyBytes.toString("utf8", this.keyStart, this.keyEnd);
  }

  /** The value as UTF-8 text. */
  get valueText(): string {
    return this.valueBytes.toString("utf8", this.valueStart, this.valueEnd);
  }

  /**
   * The value parsed as JSON. The type is the caller's word, nothing checks it.
   * @throws {SyntaxError} if the value is no JSON
   */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller's word for what the text holds
  json<T>(): T {
    return JSON.parse(this.valueText) as T;
  }

  /** The same with bytes of its own. */
  copy(): KeyValue {
    const { createRevision, modRevision, version, lease } = this;
    return KeyValue.from({ key: Buffer.from(this.key), value: Buffer.from(this.value), createRevision, modRevision, version, lease });
  }

  /** For `console.log()`. @internal */
  [inspect.custom](): object {
    const { key, value, createRevision, modRevision, version, lease } = this;
    return { key, value, createRevision, modRevision, version, lease };
  }

  /** As etcd's JSON has it: keys and values in base64, 64-bit integers as numbers while they are exact. */
  toJSON(): Record<string, unknown> {
    return jsonObject({
      key: this.key.toString("base64"),
      create_revision: jsonInteger(this.createRevision),
      mod_revision: jsonInteger(this.modRevision),
      version: jsonInteger(this.version),
      value: this.value.toString("base64"),
      lease: this.lease === 0n ? undefined : String(this.lease),
    });
  }
}
