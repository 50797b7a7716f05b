import type { DeleteResponse, GetResponse, KeyValue, PutResponse, TxnOperationResponse } from "../../index.ts";
import { leaseText, type Line, lines } from "./lines.ts";
import { memberTable, statusTable } from "./member-tables.ts";
import type { Printer } from "./printer.ts";

interface SimpleOptions {
  readonly isHex: boolean;
  /** Leave out the keys. */
  readonly isValueOnly: boolean;
}

/** Keys and values, one a line: etcdctl's default. */
export function simplePrinter({ isHex, isValueOnly }: SimpleOptions): Printer {
  const shown = (bytes: Buffer): Line => (isHex ? bytes.toString("hex").replace(/../g, "\\x$&") : bytes);
  const kv = ({ key, value }: KeyValue): Line[] => (isValueOnly ? [shown(value)] : [shown(key), shown(value)]);
  const get = ({ kvs }: GetResponse): Line[] => kvs.flatMap(kv);
  const put = ({ prevKv }: PutResponse): Line[] => ["OK", ...(prevKv === undefined ? [] : kv(prevKv))];
  const deletion = ({ deleted, prevKvs }: DeleteResponse): Line[] => [String(deleted), ...prevKvs.flatMap(kv)];
  const operation = (response: TxnOperationResponse): Line[] => {
    if (response.type === "get") return get(response);
    if (response.type === "put") return put(response);
    if (response.type === "delete") return deletion(response);
    return [response.succeeded ? "SUCCESS" : "FAILURE", ...response.responses.flatMap((inner) => ["", ...operation(inner)])];
  };
  return {
    get: (response) => lines(get(response)),
    put: (response) => lines(put(response)),
    delete: (response) => lines(deletion(response)),
    txn: (response) => lines(operation(response)),
    watch: ({ events = [] }) =>
      lines(
        events.flatMap((event) => [
          event.type === "put" ? "PUT" : "DELETE",
          ...(event.prevKv === undefined ? [] : kv(event.prevKv)),
          ...kv(event.kv),
        ]),
      ),
    grant: ({ id, ttlSeconds }) => lines([`lease ${leaseText(id)} granted with TTL(${String(ttlSeconds)}s)`]),
    revoke: (id) => lines([`lease ${leaseText(id)} revoked`]),
    keepAlive: ({ id, ttlSeconds }) => lines([`lease ${leaseText(id)} keepalived with TTL(${String(ttlSeconds)})`]),
    timeToLive({ id, ttlSeconds, grantedTtlSeconds, keys }, showKeys) {
      if (grantedTtlSeconds === 0n && ttlSeconds === -1n) return lines([`lease ${leaseText(id)} already expired`]);
      const granted = `lease ${leaseText(id)} granted with TTL(${String(grantedTtlSeconds)}s), remaining(${String(ttlSeconds)}s)`;
      if (!showKeys) return lines([granted]);
      const list = keys.flatMap((key, index) => (index === 0 ? [key] : [Buffer.from(" "), key]));
      return lines([Buffer.concat([Buffer.from(`${granted}, attached keys([`), ...list, Buffer.from("])")])]);
    },
    leases: ({ leases }) => lines([`found ${String(leases.length)} leases`, ...leases.map(({ id }) => leaseText(id))]),
    members: (response) => lines(memberTable(response).rows.map((row) => row.join(", "))),
    statuses: (statuses) => lines(statusTable(statuses).rows.map((row) => row.join(", "))),
    health: (health) =>
      lines(
        health.map(({ endpoint, took, error }) =>
          error === ""
            ? `${endpoint} is healthy: successfully committed proposal: took = ${took}`
            : `${endpoint} is unhealthy: failed to commit proposal: ${error}`,
        ),
      ),
  };
}
