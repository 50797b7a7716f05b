import type { Permission } from "../../gen/auth.ts";
import { serverErrors } from "../../errors/server-errors.ts";
import { asBuffer } from "../../util/bytes.ts";
import type { Behaviour } from "../behaviour.ts";
import { RefusedError } from "../refused-error.ts";
import { keyText } from "../store/key-text.ts";
import type { SimpleTokens } from "./simple-tokens.ts";

export const ROOT = "root";
/** etcd has no gRPC status for this one. */
const NO_PASSWORD_USER = { code: "UNKNOWN", message: "auth: authentication failed, password was given for no password user" } as const;

interface User {
  /** None for a user who can only come by a certificate. */
  password: string | undefined;
  readonly roles: Set<string>;
}

/** Users, roles and what they may do. Every method that turns a request down throws a `RefusedError`. */
export class AuthStore {
  readonly #tokens: SimpleTokens;
  readonly #behaviour: Behaviour;
  readonly #users = new Map<string, User>();
  readonly #roles = new Map<string, Permission[]>();
  #state: "enabled" | "disabled" = "disabled";
  #revision = 1n;

  constructor(tokens: SimpleTokens, behaviour: Behaviour) {
    this.#tokens = tokens;
    this.#behaviour = behaviour;
  }

  get isEnabled(): boolean {
    return this.#state === "enabled";
  }

  /** Counts changes here; the store's revision knows nothing of them. */
  get revision(): bigint {
    return this.#revision;
  }

  enable(): void {
    if (this.isEnabled) return;
    const root = this.#users.get(ROOT);
    if (root === undefined) throw new RefusedError(serverErrors.rootUserNotExist);
    if (!root.roles.has(ROOT)) throw new RefusedError(serverErrors.rootRoleNotGranted);
    this.#state = "enabled";
  }

  disable(): void {
    if (!this.isEnabled) return;
    this.#state = "disabled";
    this.#tokens.clear();
    this.#changed();
  }

  /** Returns a token. */
  authenticate(name: string, password: string, index: bigint): string {
    if (!this.isEnabled) throw new RefusedError(serverErrors.authNotEnabled);
    const user = this.#users.get(name);
    if (user === undefined) throw new RefusedError(serverErrors.authFailed);
    if (user.password === undefined) throw new RefusedError(NO_PASSWORD_USER);
    if (user.password !== password) throw new RefusedError(serverErrors.authFailed);
    return this.#tokens.issue(name, index);
  }

  addUser(name: string, password: string | undefined): void {
    if (name === "") throw new RefusedError(serverErrors.userEmpty);
    if (this.#users.has(name)) throw new RefusedError(serverErrors.userAlreadyExists);
    this.#users.set(name, { password, roles: new Set() });
    this.#changed();
  }

  deleteUser(name: string): void {
    if (this.isEnabled && name === ROOT) throw new RefusedError(serverErrors.invalidAuthManagement);
    this.#user(name);
    this.#users.delete(name);
    this.#tokens.dropUser(name);
    this.#changed();
  }

  changePassword(name: string, password: string): void {
    this.#user(name).password = password;
    this.#tokens.dropUser(name);
    this.#changed();
  }

  grantRole(name: string, role: string): void {
    const user = this.#user(name);
    if (role !== ROOT) this.#role(role); // the root role need not be made before it is granted
    user.roles.add(role);
    this.#changed();
  }

  revokeRole(name: string, role: string): void {
    if (this.isEnabled && name === ROOT && role === ROOT) throw new RefusedError(serverErrors.invalidAuthManagement);
    if (!this.#user(name).roles.delete(role)) throw new RefusedError(serverErrors.roleNotGranted);
    this.#changed();
  }

  userNames(): string[] {
    return [...this.#users.keys()].sort();
  }

  hasUser(name: string): boolean {
    return this.#users.has(name);
  }

  rolesOf(name: string): string[] {
    return [...this.#user(name).roles].sort();
  }

  hasRole(name: string, role: string): boolean {
    return this.#users.get(name)?.roles.has(role) ?? false;
  }

  addRole(name: string): void {
    if (name === "") throw new RefusedError(serverErrors.roleEmpty);
    if (this.#roles.has(name)) throw new RefusedError(serverErrors.roleAlreadyExists);
    this.#roles.set(name, []);
    this.#changed();
  }

  deleteRole(name: string): void {
    if (this.isEnabled && name === ROOT) throw new RefusedError(serverErrors.invalidAuthManagement);
    this.#role(name);
    this.#roles.delete(name);
    for (const { roles } of this.#users.values()) roles.delete(name);
    this.#changed();
  }

  roleNames(): string[] {
    return [...this.#roles.keys()].sort();
  }

  /** What was granted to it. The root role may do everything without that. */
  permissionsOfRole(name: string): Permission[] {
    return [...this.#role(name)];
  }

  /** Of all the roles of a user together. */
  permissionsOfUser(name: string): Permission[] {
    return [...(this.#users.get(name)?.roles ?? [])].flatMap((role) => this.#roles.get(role) ?? []);
  }

  /** One with the same key and end takes the place of the old one. */
  grantPermission(name: string, permission: Permission | undefined): void {
    if (permission === undefined) throw new RefusedError(serverErrors.permissionNotGiven);
    if (this.#behaviour.checksGrantedRange && !isRange(permission)) throw new RefusedError(serverErrors.invalidAuthManagement);
    const permissions = this.#role(name);
    const index = permissions.findIndex((each) => sameRange(each, permission));
    if (index >= 0) permissions[index] = permission;
    else permissions.push(permission);
    permissions.sort((a, b) => (keyText(a.key) < keyText(b.key) ? -1 : 1));
    this.#changed();
  }

  revokePermission(name: string, range: Pick<Permission, "key" | "rangeEnd">): void {
    const permissions = this.#role(name);
    const index = permissions.findIndex((each) => sameRange(each, range));
    if (index < 0) throw new RefusedError(serverErrors.permissionNotGranted);
    permissions.splice(index, 1);
    this.#changed();
  }

  #user(name: string): User {
    const user = this.#users.get(name);
    if (user === undefined) throw new RefusedError(serverErrors.userNotFound);
    return user;
  }

  #role(name: string): Permission[] {
    const role = this.#roles.get(name);
    if (role === undefined) throw new RefusedError(serverErrors.roleNotFound);
    return role;
  }

  #changed(): void {
    this.#revision++;
  }
}

type Range = Pick<Permission, "key" | "rangeEnd">;

function sameRange(a: Range, b: Range): boolean {
  return asBuffer(a.key).equals(b.key) && asBuffer(a.rangeEnd).equals(b.rangeEnd);
}

/** A key alone, an open end, or an end above the key. */
function isRange({ key, rangeEnd }: Range): boolean {
  if (rangeEnd.length === 0) return key.length > 0;
  if (rangeEnd.length === 1 && rangeEnd[0] === 0) return true;
  return keyText(key) < keyText(rangeEnd);
}
