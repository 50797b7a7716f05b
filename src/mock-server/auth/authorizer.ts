import type { Metadata } from "@grpc/grpc-js";
import { serverErrors } from "../../errors/server-errors.ts";
import type { RequestOp, TxnRequest, PutRequest, DeleteRangeRequest } from "../../gen/rpc.ts";
import { NO_BYTES } from "../../util/bytes.ts";
import type { Behaviour } from "../behaviour.ts";
import { RefusedError } from "../refused-error.ts";
import type { Lessor } from "../store/lessor.ts";
import { ROOT } from "./auth-store.ts";
import type { AuthStore } from "./auth-store.ts";
import { permits } from "./key-permissions.ts";
import type { Access } from "./key-permissions.ts";
import type { SimpleTokens } from "./simple-tokens.ts";

export interface AuthorizerOptions {
  readonly auth: AuthStore;
  readonly tokens: SimpleTokens;
  readonly leases: Lessor;
  readonly behaviour: Behaviour;
}

/** Says whether whoever sent a call may have what it asks for: nothing if so, a `RefusedError` if not. Everyone may while it is off. */
export class Authorizer {
  readonly #options: AuthorizerOptions;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  user(metadata: Metadata): void {
    this.#known(metadata);
  }

  admin(metadata: Metadata): void {
    const user = this.#known(metadata);
    if (user !== undefined && !this.#isAdmin(user)) throw new RefusedError(serverErrors.permissionDenied);
  }

  /** The user of that name, or an admin. */
  self(metadata: Metadata, name: string): void {
    if (this.#caller(metadata) !== name) this.admin(metadata);
  }

  /** Whoever has the role, or an admin. */
  roleHolder(metadata: Metadata, role: string): void {
    const user = this.#known(metadata);
    if (user !== undefined && !this.#options.auth.hasRole(user, role)) this.admin(metadata);
  }

  read(metadata: Metadata, key: Uint8Array, rangeEnd: Uint8Array): void {
    this.#access(metadata, "read", key, rangeEnd);
  }

  put(metadata: Metadata, { key, lease, prevKv }: PutRequest): void {
    this.#access(metadata, "write", key, NO_BYTES);
    this.leaseKeys(metadata, "write", lease); // or the key could go with a lease that its writer must not revoke
    if (prevKv) this.read(metadata, key, NO_BYTES);
  }

  deleteRange(metadata: Metadata, { key, rangeEnd, prevKv }: DeleteRangeRequest): void {
    this.#access(metadata, "write", key, rangeEnd);
    if (prevKv) this.read(metadata, key, rangeEnd);
  }

  /** Every branch, whichever will be taken. */
  txn(metadata: Metadata, { compare, success, failure }: TxnRequest): void {
    for (const { key, rangeEnd } of compare) this.read(metadata, key, rangeEnd);
    for (const op of [...success, ...failure]) this.#operation(metadata, op);
  }

  /** The access to each key that hangs on the lease. */
  leaseKeys(metadata: Metadata, access: Access, lease: bigint): void {
    for (const key of this.#options.leases.get(lease)?.keys ?? []) this.#access(metadata, access, Buffer.from(key, "latin1"), NO_BYTES);
  }

  #operation(metadata: Metadata, { request }: RequestOp): void {
    const inDepth = this.#options.behaviour.checksTxnInDepth;
    switch (request?.$case) {
      case "requestRange":
        this.read(metadata, request.value.key, request.value.rangeEnd);
        return;
      case "requestPut":
        if (inDepth) this.put(metadata, request.value);
        else this.#access(metadata, "write", request.value.key, NO_BYTES);
        return;
      case "requestDeleteRange":
        this.deleteRange(metadata, request.value);
        return;
      case "requestTxn":
        if (inDepth) this.txn(metadata, request.value);
        return;
      case undefined:
        return;
    }
  }

  #access(metadata: Metadata, access: Access, key: Uint8Array, rangeEnd: Uint8Array): void {
    const user = this.#known(metadata);
    if (user === undefined || this.#options.auth.hasRole(user, ROOT)) return;
    if (!permits(this.#options.auth.permissionsOfUser(user), access, key, rangeEnd)) throw new RefusedError(serverErrors.permissionDenied);
  }

  #isAdmin(user: string): boolean {
    return this.#options.auth.hasRole(user, ROOT);
  }

  /** The user who calls; undefined while authentication is off. */
  #known(metadata: Metadata): string | undefined {
    const user = this.#caller(metadata);
    if (!this.#options.auth.isEnabled) return undefined;
    if (user === undefined) throw new RefusedError(serverErrors.userEmpty);
    if (!this.#options.auth.hasUser(user)) throw new RefusedError(serverErrors.permissionDenied);
    return user;
  }

  #caller(metadata: Metadata): string | undefined {
    const { auth, tokens, behaviour } = this.#options;
    if (!auth.isEnabled && behaviour.ignoresTokenWithoutAuth) return undefined;
    const token = metadata.get("token")[0] ?? metadata.get("authorization")[0];
    if (token === undefined) return undefined;
    const user = tokens.use(String(token));
    if (user === undefined) throw new RefusedError(serverErrors.invalidAuthToken);
    return user;
  }
}
