import { parseEndpoint } from "../transport/endpoints.ts";
import type { Member } from "./member-list-response.ts";

/**
 * Where a client can reach the cluster, as its members say it. Learners are left out, as they refuse most requests, and so are members
 * without a name, as they have not started (clientv3's Sync), and URLs that are of no known form.
 */
export function memberEndpoints(members: readonly Member[]): string[] {
  const usable = members.filter(({ name, isLearner }) => name !== "" && !isLearner).flatMap(({ clientUrls }) => clientUrls);
  return [...new Set(usable)].filter(isEndpoint);
}

/** Whether both lists name the same endpoints, in whatever order. */
export function areSameEndpoints(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((endpoint) => others.includes(endpoint));
}

function isEndpoint(url: string): boolean {
  try {
    parseEndpoint(url);
    return true;
  } catch {
    return false; // a URL that only its server understands must not cost us the others
  }
}
