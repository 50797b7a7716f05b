import type * as wire from "../gen/rpc.ts";
import { jsonInteger, jsonObject } from "../model/json-form.ts";
import { HeaderResponse } from "./header-response.ts";
import { RolePermission } from "./role-permission.ts";

/** What `auth.status` answers. */
export class AuthStatusResponse extends HeaderResponse {
  /** Whether the server asks who calls, and what they may do. */
  readonly enabled: boolean;
  /** Counts the changes of users, roles and permissions. */
  readonly authRevision: bigint;

  /** @internal */
  constructor(message: wire.AuthStatusResponse) {
    super(message);
    this.enabled = message.enabled;
    this.authRevision = message.authRevision;
  }

  /** As `etcdctl auth status -w json` prints it, ids as strings. */
  override toJSON(): Record<string, unknown> {
    return jsonObject({ ...super.toJSON(), enabled: this.enabled, authRevision: jsonInteger(this.authRevision) });
  }
}

/** What `authenticate` answers. */
export class AuthenticateResponse extends HeaderResponse {
  /** Stands for the user in calls that carry it, for some minutes after the last of them. */
  readonly token: string;

  /** @internal */
  constructor(message: wire.AuthenticateResponse) {
    super(message);
    this.token = message.token;
  }

  /** As etcd's JSON has it, ids as strings. It holds the token: not for a log. */
  override toJSON(): Record<string, unknown> {
    return jsonObject({ ...super.toJSON(), token: this.token });
  }
}

/** What `userGet` answers. */
export class UserGetResponse extends HeaderResponse {
  /** The roles that the user has. */
  readonly roles: readonly string[];

  /** @internal */
  constructor(message: wire.AuthUserGetResponse) {
    super(message);
    this.roles = message.roles;
  }

  /** As `etcdctl user get -w json` prints it, ids as strings. */
  override toJSON(): Record<string, unknown> {
    return jsonObject({ ...super.toJSON(), roles: jsonList(this.roles) });
  }
}

/** What `userList` answers. */
export class UserListResponse extends HeaderResponse {
  /** The names of all users. */
  readonly users: readonly string[];

  /** @internal */
  constructor(message: wire.AuthUserListResponse) {
    super(message);
    this.users = message.users;
  }

  /** As `etcdctl user list -w json` prints it, ids as strings. */
  override toJSON(): Record<string, unknown> {
    return jsonObject({ ...super.toJSON(), users: jsonList(this.users) });
  }
}

/** What `roleGet` answers. */
export class RoleGetResponse extends HeaderResponse {
  /** What the role may do. Of the role "root" etcd tells nothing: it may do everything. */
  readonly permissions: readonly RolePermission[];

  /** @internal @throws {ProtocolError} for a permission of no known kind */
  constructor(message: wire.AuthRoleGetResponse) {
    super(message);
    this.permissions = message.perm.map((permission) => new RolePermission(permission));
  }

  /** As `etcdctl role get -w json` prints it, ids as strings. */
  override toJSON(): Record<string, unknown> {
    return jsonObject({ ...super.toJSON(), perm: jsonList(this.permissions.map((permission) => permission.toJSON())) });
  }
}

/** What `roleList` answers. */
export class RoleListResponse extends HeaderResponse {
  /** The names of all roles. */
  readonly roles: readonly string[];

  /** @internal */
  constructor(message: wire.AuthRoleListResponse) {
    super(message);
    this.roles = message.roles;
  }

  /** As `etcdctl role list -w json` prints it, ids as strings. */
  override toJSON(): Record<string, unknown> {
    return jsonObject({ ...super.toJSON(), roles: jsonList(this.roles) });
  }
}

/** etcdctl leaves out an empty list. */
function jsonList(items: readonly unknown[]): unknown {
  return items.length === 0 ? undefined : items;
}
