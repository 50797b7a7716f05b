import type { AuthDefinition, ResponseHeader } from "../../gen/rpc.ts";
import type { ServerState } from "../server-state.ts";
import type { CallContext, Handlers } from "./service-handlers.ts";

/** Changes here need the root role once authentication is on. They make no revision. */
export function authService({ auth, authorizer, store, identity, behaviour }: ServerState): Handlers<typeof AuthDefinition> {
  const done = (): { header: ResponseHeader } => ({ header: identity.header(store.mvcc.revision) });
  /** A call for admins that answers with nothing but a header. */
  const admin =
    <Q>(change: (request: Q) => void) =>
    (request: Q, { metadata }: CallContext): { header: ResponseHeader } => {
      authorizer.admin(metadata);
      change(request);
      return done();
    };
  return {
    authenticate({ name, password }) {
      return { ...done(), token: auth.authenticate(name, password, store.mvcc.revision + auth.revision) };
    },
    authEnable: admin(() => {
      auth.enable();
    }),
    authDisable: admin(() => {
      auth.disable();
    }),
    ...(behaviour.hasAuthStatus && {
      authStatus(_request, { metadata }) {
        authorizer.admin(metadata);
        return { ...done(), enabled: auth.isEnabled, authRevision: auth.revision };
      },
    }),
    userAdd: admin(({ name, password, options }) => {
      auth.addUser(name, options?.noPassword === true ? undefined : password);
    }),
    userDelete: admin(({ name }) => {
      auth.deleteUser(name);
    }),
    userChangePassword: admin(({ name, password }) => {
      auth.changePassword(name, password);
    }),
    userGrantRole: admin(({ user, role }) => {
      auth.grantRole(user, role);
    }),
    userRevokeRole: admin(({ name, role }) => {
      auth.revokeRole(name, role);
    }),
    userGet({ name }, { metadata }) {
      authorizer.self(metadata, name);
      return { ...done(), roles: auth.rolesOf(name) };
    },
    userList(_request, { metadata }) {
      authorizer.admin(metadata);
      return { ...done(), users: auth.userNames() };
    },
    roleAdd: admin(({ name }) => {
      auth.addRole(name);
    }),
    roleDelete: admin(({ role }) => {
      auth.deleteRole(role);
    }),
    roleGrantPermission: admin(({ name, perm }) => {
      auth.grantPermission(name, perm);
    }),
    roleRevokePermission: admin(({ role, key, rangeEnd }) => {
      auth.revokePermission(role, { key, rangeEnd });
    }),
    roleGet({ role }, { metadata }) {
      authorizer.roleHolder(metadata, role);
      return { ...done(), perm: auth.permissionsOfRole(role) };
    },
    roleList(_request, { metadata }) {
      authorizer.admin(metadata);
      return { ...done(), roles: auth.roleNames() };
    },
  };
}
