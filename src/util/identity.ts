const identities = new WeakMap<object, number>();
let latest = 0;

/** A number that stands for this object in messages that are to be plain data: the same one each time, counted from 1 in a process. */
export function identityOf(object: object): number {
  const known = identities.get(object);
  if (known !== undefined) return known;
  identities.set(object, ++latest);
  return latest;
}
