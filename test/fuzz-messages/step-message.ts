import { put, remove, type ResponseFields, unheardOf } from "../support/watch-messages.ts";
import type { StepEvent, StepMessage, StepRevision } from "./stream-step.ts";

/** What a message says once it is sent: for that watch, by a server at that revision. */
export function responseFields(
  { revision, compactRevision, events, valueBytes, clusterId, created, canceled, cancelReason, fragment }: StepMessage,
  now: { readonly watchId: bigint; readonly revision: bigint },
): ResponseFields {
  const number = (of: StepRevision): bigint => ("exactly" in of ? of.exactly : now.revision + BigInt(of.plus));
  return {
    ...{ clusterId, created, canceled, cancelReason, fragment },
    watchId: BigInt.asIntN(64, now.watchId),
    revision: number(revision),
    compactRevision: compactRevision === undefined ? 0n : number(compactRevision),
    events: events.map((event) => wireEvent(event, number(event.revision), "v".repeat(valueBytes))),
  };
}

function wireEvent({ kind, key }: StepEvent, revision: bigint, value: string): NonNullable<ResponseFields["events"]>[number] {
  if (kind === "put") return put(key, revision, { value });
  if (kind === "delete") return remove(key, revision);
  return kind === "unheard-of" ? unheardOf(key, revision) : { type: 0, kv: undefined, prevKv: undefined };
}
