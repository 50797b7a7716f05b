import { ProtocolError } from "../errors/etcd-error.ts";
import { type Permission, Permission_Type as WireType } from "../gen/auth.ts";
import { type Key, keyRange, type KeyRangeOptions } from "../model/key-range.ts";
import { jsonObject } from "../model/json-form.ts";
import { asBuffer } from "../util/bytes.ts";
import { showValue } from "../util/option-check.ts";

/** What a role may do with keys. */
export type PermissionType = "read" | "write" | "readwrite";

const wireTypes: ReadonlyMap<unknown, WireType> = new Map<PermissionType, WireType>([
  ["read", WireType.READ],
  ["write", WireType.WRITE],
  ["readwrite", WireType.READWRITE],
]);

/** @throws {TypeError} for another type, and for a key or range options that etcd cannot take */
export function permissionMessage(type: PermissionType, key: Key, options: KeyRangeOptions): Permission {
  const permType = wireTypes.get(type);
  if (permType === undefined)
    throw new TypeError(`A permission must be one of ${[...wireTypes.keys()].join(", ")}, got ${showValue(type)}`);
  return { permType, ...keyRange(key, options) };
}

/** What a role may do with a key, or with a range of keys. */
export class RolePermission {
  /** What may be done. */
  readonly type: PermissionType;
  /** The key, or the first one of the range. */
  readonly key: Buffer;
  /** As it stands on the wire: empty for the one key, the byte 0 for every key from `key` on, else the first key that is left out. */
  readonly rangeEnd: Buffer;
  readonly #wireType: WireType;

  /** @internal */
  constructor({ permType, key, rangeEnd }: Permission) {
    this.type = permissionType(permType);
    this.key = asBuffer(key);
    this.rangeEnd = asBuffer(rangeEnd);
    this.#wireType = permType;
  }

  /** As `etcdctl role get -w json` prints it: the type as a number, the bytes in base64. */
  toJSON(): Record<string, unknown> {
    return jsonObject({ permType: this.#wireType, key: this.key.toString("base64"), range_end: this.rangeEnd.toString("base64") });
  }
}

function permissionType(wireType: WireType): PermissionType {
  switch (wireType) {
    case WireType.READ:
      return "read";
    case WireType.WRITE:
      return "write";
    case WireType.READWRITE:
      return "readwrite";
    default: {
      const unreachable: never = wireType;
      throw new ProtocolError(`There is no permission of kind ${String(unreachable)}`);
    }
  }
}
