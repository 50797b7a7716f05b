import { expect, it } from "vitest";

/**
 * Makes a test that fails where CI is set and `found` is empty: the comparison with real etcd must be made there. A user's machine need
 * not have one; the run then says what was not done.
 */
export function mustBeFoundInCi(what: string, found: readonly unknown[]): void {
  it(`${what}: is here where CI is set`, () => {
    if (process.env["CI"] !== undefined) expect(found, what).not.toEqual([]);
    else if (found.length === 0) console.log(`${what}: not found, nothing is compared with it`);
  });
}
