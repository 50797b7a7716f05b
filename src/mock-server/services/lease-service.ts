import type { LeaseDefinition } from "../../gen/rpc.ts";
import type { ServerState } from "../server-state.ts";
import type { Handlers } from "./service-handlers.ts";

const MS_PER_SECOND = 1000;
/** What a lease that is not there has left. */
const NO_LEASE_TTL = -1n;

export function leaseService({ store, leases, leaseExpiry, identity, clock }: ServerState): Handlers<typeof LeaseDefinition> {
  const { mvcc } = store;
  const header = (): ReturnType<typeof identity.header> => identity.header(mvcc.revision);
  return {
    leaseGrant({ ID, TTL }) {
      const { id, ttlSeconds } = leases.grant(ID, TTL, clock.nowMs());
      leaseExpiry.watch();
      return { header: header(), ID: id, TTL: ttlSeconds, error: "" };
    },
    leaseRevoke({ ID }) {
      leaseExpiry.revoke(ID);
      return { header: header() };
    },
    leaseKeepAlive(call) {
      call.on("data", ({ message: { ID } }: { message: { ID: bigint } }) => {
        // A lease that is gone is no error on this stream: it has no time left.
        call.write({ header: header(), ID, TTL: leases.renew(ID, clock.nowMs())?.ttlSeconds ?? 0n });
      });
      call.on("end", () => {
        call.end(); // unlike a Watch, this stream is over when its client has no more to ask
      });
      call.on("error", () => undefined); // a client that is gone
    },
    leaseTimeToLive({ ID, keys }) {
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
    leaseLeases: () => ({ header: header(), leases: leases.list().map(({ id }) => ({ ID: id })) }),
  };
}
