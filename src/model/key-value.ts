import { asBuffer } from "../util/bytes.ts";
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
  readonly key: Buffer;
  readonly value: Buffer;
  /** The revision at which the key was last created. 0 in a delete event. */
  readonly createRevision: Revision;
  /** The revision of this change. */
  readonly modRevision: Revision;
  /** How often the key was written since it was created, from 1 on. 0 in a delete event. */
  readonly version: bigint;
  /** The lease it hangs on; 0 for none. */
  readonly lease: bigint;

  constructor({ key, value, createRevision, modRevision, version, lease }: KeyValueFields) {
    this.key = asBuffer(key);
    this.value = asBuffer(value);
    this.createRevision = createRevision;
    this.modRevision = modRevision;
    this.version = version;
    this.lease = lease;
  }

  /** The key as UTF-8 text. */
  get keyText(): string {
    return this.key.toString("utf8");
  }

  /** The value as UTF-8 text. */
  get valueText(): string {
    return this.value.toString("utf8");
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
    return new KeyValue({ key: Buffer.from(this.key), value: Buffer.from(this.value), createRevision, modRevision, version, lease });
  }

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
