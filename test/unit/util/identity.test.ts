import { expect, it } from "vitest";
import { identityOf } from "../../../src/util/identity.ts";

it("identityOf() gives each object a number of its own, and keeps to it", () => {
  const [a, b] = [{}, {}];
  const first = identityOf(a);
  expect(identityOf(b)).toBe(first + 1);
  expect(identityOf(a)).toBe(first);
});
