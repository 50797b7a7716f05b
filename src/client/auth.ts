import { isRpcError, UnsupportedError } from "../errors/etcd-error.ts";
import { AuthDefinition } from "../gen/rpc.ts";
import { type Key, keyRange, type KeyRangeOptions } from "../model/key-range.ts";
import type { Transport } from "../transport/transport.ts";
import { checkOptions, type OptionKinds, showValue } from "../util/option-check.ts";
import {
  AuthenticateResponse,
  AuthStatusResponse,
  RoleGetResponse,
  RoleListResponse,
  UserGetResponse,
  UserListResponse,
} from "./auth-responses.ts";
import { callOptionKinds, type CallOptions } from "./call-options.ts";
import { HeaderResponse } from "./header-response.ts";
import { keyRangeOptionKinds } from "./range-request.ts";
import { permissionMessage, type PermissionType } from "./role-permission.ts";
import { ServiceCalls, type ServiceCallsOptions } from "./service-calls.ts";

/** What kind of user is added, and how long the call may take. */
export interface UserAddOptions extends CallOptions {
  /** The user can only come by a certificate; the password given must be empty. Default false. */
  readonly noPassword?: boolean | undefined;
}

/** For which keys a permission is, and how long the call may take. */
export interface PermissionOptions extends KeyRangeOptions, CallOptions {}

const userAddKinds: OptionKinds<UserAddOptions> = { noPassword: "flag", ...callOptionKinds };
const permissionKinds: OptionKinds<PermissionOptions> = { ...keyRangeOptionKinds, ...callOptionKinds };
const { methods } = AuthDefinition;

/**
 * Who may do what: users, roles, and the permissions of roles. `client.auth` is one. Once it is enabled, only users with the role "root"
 * may change anything here.
 *
 * Every method throws a `TypeError` at once for arguments that etcd cannot take, and then sends nothing. Its promise rejects with the
 * signal's reason after an abort, else with an `RpcError`: FAILED_PRECONDITION for a user or role that is missing, or there already.
 * Only what changes nothing is sent again when its answer got lost. The second time, most changes would be told that they were done already,
 * and a change of one's own password would end the token that the second one comes with.
 *
 * @example
 * await client.auth.roleAdd("reader");
 * await client.auth.roleGrantPermission("reader", "read", "config/", { prefix: true });
 * await client.auth.userAdd("ann", "her password");
 * await client.auth.userGrantRole("ann", "reader");
 */
export class Auth {
  readonly #calls: ServiceCalls;

  /** @internal @throws {RangeError} if the timeout is not a number of ms above 0 */
  constructor(transport: Transport, options: ServiceCallsOptions) {
    this.#calls = new ServiceCalls(transport, AuthDefinition, options);
  }

  /** From now on every call must come with the token of a user. There must be a user "root" with the role "root". */
  enable(options: CallOptions = {}): Promise<HeaderResponse> {
    checkOptions(options, callOptionKinds, "enable");
    return this.#calls.once(methods.authEnable, {}, options).then(done);
  }

  /** From now on everybody may do everything. Every token is void. */
  disable(options: CallOptions = {}): Promise<HeaderResponse> {
    checkOptions(options, callOptionKinds, "disable");
    return this.#calls.once(methods.authDisable, {}, options).then(done);
  }

  /**
   * Whether it is enabled.
   * @throws {UnsupportedError} before etcd 3.5
   */
  status(options: CallOptions = {}): Promise<AuthStatusResponse> {
    checkOptions(options, callOptionKinds, "status");
    return this.#calls.repeatable(methods.authStatus, {}, options).then((message) => new AuthStatusResponse(message), notBefore35);
  }

  /**
   * A token for a user. The client gets its own by itself if it was made with `auth`; this is for other uses.
   * @throws {RpcError} INVALID_ARGUMENT for a wrong name or password, FAILED_PRECONDITION while authentication is not enabled
   */
  authenticate(name: string, password: string, options: CallOptions = {}): Promise<AuthenticateResponse> {
    checkOptions(options, callOptionKinds, "authenticate");
    const request = { name: text(name, "name"), password: secret(password) };
    // Repeatable: the token of a lost answer is used by nobody, and forgotten soon.
    return this.#calls.repeatable(methods.authenticate, request, options).then((message) => new AuthenticateResponse(message));
  }

  /** Makes a user, who has no role yet. */
  userAdd(name: string, password: string, options: UserAddOptions = {}): Promise<HeaderResponse> {
    checkOptions(options, userAddKinds, "userAdd");
    const { noPassword = false } = options;
    if (noPassword && password !== "") throw new TypeError("The password must be empty with noPassword");
    const request = { name: text(name, "name"), password: secret(password), options: { noPassword }, hashedPassword: "" };
    return this.#calls.once(methods.userAdd, request, options).then(done);
  }

  /** Removes a user. The user's tokens are void. */
  userDelete(name: string, options: CallOptions = {}): Promise<HeaderResponse> {
    checkOptions(options, callOptionKinds, "userDelete");
    return this.#calls.once(methods.userDelete, { name: text(name, "name") }, options).then(done);
  }

  /** Gives a user another password. The user's tokens are void. */
  userChangePassword(name: string, password: string, options: CallOptions = {}): Promise<HeaderResponse> {
    checkOptions(options, callOptionKinds, "userChangePassword");
    const request = { name: text(name, "name"), password: secret(password), hashedPassword: "" };
    return this.#calls.once(methods.userChangePassword, request, options).then(done);
  }

  /**
   * Gives a user a role.
   * @throws {RpcError} `FAILED_PRECONDITION` if there is no such user or role
   */
  userGrantRole(user: string, role: string, options: CallOptions = {}): Promise<HeaderResponse> {
    checkOptions(options, callOptionKinds, "userGrantRole");
    return this.#calls.once(methods.userGrantRole, { user: text(user, "user"), role: text(role, "role") }, options).then(done);
  }

  /**
   * Takes a role from a user.
   * @throws {RpcError} `FAILED_PRECONDITION` if there is no such user, or the user does not have the role
   */
  userRevokeRole(user: string, role: string, options: CallOptions = {}): Promise<HeaderResponse> {
    checkOptions(options, callOptionKinds, "userRevokeRole");
    return this.#calls.once(methods.userRevokeRole, { name: text(user, "user"), role: text(role, "role") }, options).then(done);
  }

  /** The roles of a user. */
  userGet(name: string, options: CallOptions = {}): Promise<UserGetResponse> {
    checkOptions(options, callOptionKinds, "userGet");
    const answer = this.#calls.repeatable(methods.userGet, { name: text(name, "name") }, options);
    return answer.then((message) => new UserGetResponse(message));
  }

  /** The names of all users. */
  userList(options: CallOptions = {}): Promise<UserListResponse> {
    checkOptions(options, callOptionKinds, "userList");
    return this.#calls.repeatable(methods.userList, {}, options).then((message) => new UserListResponse(message));
  }

  /** Makes a role, which may do nothing yet. */
  roleAdd(name: string, options: CallOptions = {}): Promise<HeaderResponse> {
    checkOptions(options, callOptionKinds, "roleAdd");
    return this.#calls.once(methods.roleAdd, { name: text(name, "name") }, options).then(done);
  }

  /** Removes a role, also from every user who has it. */
  roleDelete(role: string, options: CallOptions = {}): Promise<HeaderResponse> {
    checkOptions(options, callOptionKinds, "roleDelete");
    return this.#calls.once(methods.roleDelete, { role: text(role, "role") }, options).then(done);
  }

  /** What a role may do. */
  roleGet(role: string, options: CallOptions = {}): Promise<RoleGetResponse> {
    checkOptions(options, callOptionKinds, "roleGet");
    const answer = this.#calls.repeatable(methods.roleGet, { role: text(role, "role") }, options);
    return answer.then((message) => new RoleGetResponse(message));
  }

  /** The names of all roles. */
  roleList(options: CallOptions = {}): Promise<RoleListResponse> {
    checkOptions(options, callOptionKinds, "roleList");
    return this.#calls.repeatable(methods.roleList, {}, options).then((message) => new RoleListResponse(message));
  }

  /**
   * Lets a role read or write a key or, with `prefix`, `rangeEnd` or `fromKey`, a range of keys. What it was let do with the very same range
   * is replaced.
   * @example
   * await client.auth.roleAdd("deployer");
   * await client.auth.roleGrantPermission("deployer", "readwrite", "services/", { prefix: true });
   */
  roleGrantPermission(role: string, type: PermissionType, key: Key, options: PermissionOptions = {}): Promise<HeaderResponse> {
    checkOptions(options, permissionKinds, "roleGrantPermission");
    const request = { name: text(role, "role"), perm: permissionMessage(type, key, options) };
    return this.#calls.once(methods.roleGrantPermission, request, options).then(done);
  }

  /** Takes back what was granted for the very same key or range. */
  roleRevokePermission(role: string, key: Key, options: PermissionOptions = {}): Promise<HeaderResponse> {
    checkOptions(options, permissionKinds, "roleRevokePermission");
    const request = { role: text(role, "role"), ...keyRange(key, options) };
    return this.#calls.once(methods.roleRevokePermission, request, options).then(done);
  }
}

function done(message: ConstructorParameters<typeof HeaderResponse>[0]): HeaderResponse {
  return new HeaderResponse(message);
}

function notBefore35(error: unknown): never {
  if (isRpcError(error) && error.code === "UNIMPLEMENTED") throw new UnsupportedError("auth.status requires etcd 3.5", { cause: error });
  throw error;
}

function text(value: string, name: string): string {
  if (typeof value === "string") return value;
  throw new TypeError(`${name} must be a string, got ${showValue(value)}`);
}

/** A password that is wrong is not shown: errors end up in logs. */
function secret(password: string): string {
  if (typeof password === "string") return password;
  throw new TypeError(`password must be a string, got ${typeof password}`);
}
