import type { Metadata } from "@grpc/grpc-js";
import type { LeaseDefinition } from "../../gen/rpc.ts";
import type { ServerState } from "../server-state.ts";
import { endWith } from "./service-handlers.ts";
import type { Handlers } from "./service-handlers.ts";

const MS_PER_SECOND = 1000;
/** What a lease that is not there has left. */
const NO_LEASE_TTL = -1n;

export function leaseService({
  store,
  leases,
  leaseExpiry,
  authorizer,
  behaviour,
  identity,
  clock,
}: ServerState): Handlers<typeof LeaseDefinition> {
  const { mvcc } = store;
  const header = (): ReturnType<typeof identity.header> => identity.header(mvcc.revision);
  const guard = (metadata: Metadata): void => {
    if (behaviour.guardsAdminCalls) authorizer.user(metadata);
  };
  return {
    leaseGrant({ ID, TTL }, { metadata }) {
      guard(metadata);
      const { id, ttlSeconds } = leases.grant(ID, TTL, clock.nowMs());
      leaseExpiry.watch();
      return { header: header(), ID: id, TTL: ttlSeconds, error: "" };
    },
    leaseRevoke({ ID }, { metadata }) {
      guard(metadata);
      authorizer.leaseKeys(metadata, "write", ID);
      leaseExpiry.revoke(ID);
      return { header: header() };
    },
    leaseKeepAlive(call) {
      call.on("data", ({ message: { ID } }: { message: { ID: bigint } }) => {
        try {
          guard(call.metadata);
        } catch (error) {
          endWith(call, error);
          return;
        }
        // A lease that is gone is no error on this stream: it has no time left.
        call.write({ header: header(), ID, TTL: leases.renew(ID, clock.nowMs())?.ttlSeconds ?? 0n });
      });
      call.on("end", () => {
        call.end(); // unlike a Watch, this stream is over when its client has no more to ask
      });
      call.on("error", () => undefined); // a client that is gone
    },
    leaseTimeToLive({ ID, keys }, { metadata }) {
      guard(metadata);
      if (keys && behaviour.checksKeysOfLease) authorizer.leaseKeys(metadata, "read", ID);
      const lease = leases.get(ID);
      if (lease === undefined) return { header: header(), ID, TTL: NO_LEASE_TTL, grantedTTL: 0n, keys: [] };
      const leftSeconds = Math.max(0, Math.trunc((lease.expiresAtMs - clock.nowMs()) / MS_PER_SECOND));
      return {
        header: header(),
        ID,
        TTL: BigInt(leftSeconds),
        grantedTTL: lease.ttlSeconds,
        keys: keys ? [...lease.keys].sort().map((key) => Buffer.from(key, "latin1")) : [],
      };
    },
    leaseLeases(_request, { metadata }) {
      guard(metadata);
      const all = leases.list();
      if (behaviour.guardsAdminCalls) for (const { id } of all) authorizer.leaseKeys(metadata, "read", id);
      return { header: header(), leases: all.map(({ id }) => ({ ID: id })) };
    },
  };
}
