/** What Go's encoding/json writes here. A bigint is a bare number, bytes are base64, an undefined field is left out. */
export type JsonForm = string | number | bigint | boolean | null | Uint8Array | readonly JsonForm[] | JsonFields;

export interface JsonFields {
  readonly [name: string]: JsonForm | undefined;
}

/** Text that is etcdctl's to the byte. JSON.stringify throws on a bigint, and would round a number that large. */
export function jsonText(form: JsonForm): string {
  if (typeof form === "string") return textOf(form);
  if (typeof form !== "object") return String(form);
  if (form === null) return "null";
  if (form instanceof Uint8Array) return `"${Buffer.from(form.buffer, form.byteOffset, form.byteLength).toString("base64")}"`;
  if (isList(form)) return `[${form.map(jsonText).join(",")}]`;
  const fields = Object.entries(form).flatMap(([name, value]) => (value === undefined ? [] : [`${textOf(name)}:${jsonText(value)}`]));
  return `{${fields.join(",")}}`;
}

/** Array.isArray() does not tell a readonly array from other objects. */
function isList(form: readonly JsonForm[] | JsonFields): form is readonly JsonForm[] {
  return Array.isArray(form);
}

/** Go also escapes what could end a script element, and the two line ends that JavaScript used to take for such. */
function textOf(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Leaves out what Go's `omitempty` does: zero, empty and false. */
export function omitEmpty(fields: JsonFields): JsonFields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: JsonForm | undefined): boolean {
  if (typeof value === "object" && value !== null) return "length" in value && value.length === 0;
  return value === undefined || value === null || value === 0 || value === 0n || value === "" || value === false;
}
