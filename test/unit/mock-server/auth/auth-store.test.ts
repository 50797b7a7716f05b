import { expect, it } from "vitest";
import { Permission_Type } from "../../../../src/gen/auth.ts";
import { AuthStore, ROOT } from "../../../../src/mock-server/auth/auth-store.ts";
import { SimpleTokens } from "../../../../src/mock-server/auth/simple-tokens.ts";
import { behaviours } from "../../../../src/mock-server/behaviour.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

function store(): AuthStore {
  return new AuthStore(new SimpleTokens({ clock: new FakeClock(), random: () => 0, ttlSeconds: 300 }), behaviours.latest);
}

/** server/auth/store.go, RoleGet: the root role is let through by its name, and holds only what it was granted. */
it("tells of the root role what was granted to it, which may be nothing", () => {
  const auth = store();
  auth.addRole(ROOT);
  expect(auth.permissionsOfRole(ROOT)).toEqual([]);
  const permission = { permType: Permission_Type.READ, key: Buffer.from("a"), rangeEnd: Buffer.from("b") };
  auth.grantPermission(ROOT, permission);
  expect(auth.permissionsOfRole(ROOT)).toEqual([permission]);
});
