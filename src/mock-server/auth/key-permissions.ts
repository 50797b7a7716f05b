import { Permission_Type } from "../../gen/auth.ts";
import type { Permission } from "../../gen/auth.ts";
import { isOpenEnded } from "../../model/key-range.ts";
import { keyText } from "../store/key-text.ts";
import type { KeyInterval } from "../store/key-text.ts";

export type Access = "read" | "write";

/** Whether the permissions, taken together, allow the access to one key, or to every key of a range. */
export function permits(permissions: readonly Permission[], access: Access, key: Uint8Array, rangeEnd: Uint8Array): boolean {
  const granted = permissions.filter(({ permType }) => allows(permType, access)).map((each) => interval(each.key, each.rangeEnd));
  return covers(granted, interval(key, rangeEnd));
}

/** A key alone is the interval that holds nothing but it. */
function interval(key: Uint8Array, rangeEnd: Uint8Array): KeyInterval {
  const begin = keyText(key);
  if (rangeEnd.length === 0) return { begin, end: `${begin}\0` };
  return { begin, end: isOpenEnded(rangeEnd) ? undefined : keyText(rangeEnd) };
}

/** Whether the wanted interval lies in the union of the others. One that ends before it begins lies in none. */
function covers(intervals: KeyInterval[], wanted: KeyInterval): boolean {
  if (wanted.end !== undefined && wanted.end <= wanted.begin) return false;
  let reach = wanted.begin;
  for (const { begin, end } of intervals.sort((a, b) => (a.begin < b.begin ? -1 : 1))) {
    if (begin > reach) return false; // a gap
    if (end === undefined) return true;
    if (end > reach) reach = end;
    if (wanted.end !== undefined && reach >= wanted.end) return true;
  }
  return false;
}

function allows(type: Permission_Type, access: Access): boolean {
  return type === Permission_Type.READWRITE || type === (access === "read" ? Permission_Type.READ : Permission_Type.WRITE);
}
