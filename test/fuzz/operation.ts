import { KVDefinition, LeaseDefinition } from "../../src/gen/rpc.ts";
import type { WatchCreateRequest } from "../../src/gen/rpc.ts";
import type { RequestOf } from "../../src/mock-server/services/service-definition.ts";
import { messageText } from "./message-text.ts";
import { symbolText } from "./symbolic-number.ts";

/** The unary calls that are compared. */
export const calls = {
  range: KVDefinition.methods.range,
  put: KVDefinition.methods.put,
  deleteRange: KVDefinition.methods.deleteRange,
  txn: KVDefinition.methods.txn,
  compact: KVDefinition.methods.compact,
  leaseGrant: LeaseDefinition.methods.leaseGrant,
  leaseRevoke: LeaseDefinition.methods.leaseRevoke,
  leaseTimeToLive: LeaseDefinition.methods.leaseTimeToLive,
  leaseLeases: LeaseDefinition.methods.leaseLeases,
} as const;

export type CallName = keyof typeof calls;

/** A request with symbolic numbers. */
export type UnaryOperation = {
  [C in CallName]: { readonly kind: "call"; readonly call: C; readonly request: RequestOf<(typeof calls)[C]> };
}[CallName];

/** Which of the two streams of a run. */
export type StreamNumber = 0 | 1;

export type WatchOperation =
  /** `label` is what a cancel calls it by. `settle`: its history is waited for at once, so that nothing that follows can mix with it. */
  | {
      readonly kind: "create";
      readonly stream: StreamNumber;
      readonly label: number;
      readonly settle: boolean;
      readonly request: WatchCreateRequest;
    }
  /** `settle`: only once everything was delivered. Otherwise the cancel races with what is on its way. */
  | { readonly kind: "cancel"; readonly stream: StreamNumber; readonly label: number; readonly settle: boolean }
  | { readonly kind: "cancel-id"; readonly stream: StreamNumber; readonly watchId: bigint }
  | { readonly kind: "progress"; readonly stream: StreamNumber }
  /** Progress on a stream that has no watch: none yet, or none any more. */
  | { readonly kind: "progress-without-watch"; readonly after: "nothing" | "a cancel" }
  /** A request that says nothing. */
  | { readonly kind: "empty-request"; readonly stream: StreamNumber };

export type Operation =
  | UnaryOperation
  | WatchOperation
  | { readonly kind: "keep-alive"; readonly leaseId: bigint }
  /** A lease too short to outlive the run is granted and at once revoked. */
  | { readonly kind: "brief-lease"; readonly ttlSeconds: bigint }
  /** As many writes of one key as a watch cannot catch up with in one response. */
  | { readonly kind: "many-puts"; readonly key: Uint8Array; readonly count: number }
  | { readonly kind: "settle" };

/** One line that says all there is to know of the operation. */
export function operationText(operation: Operation): string {
  const { kind, ...rest } = operation;
  const fields = messageText(rest, (_field, value) => symbolText(value));
  return operation.kind === "call"
    ? `${operation.call} ${messageText(operation.request, (_field, value) => symbolText(value))}`
    : `${kind} ${fields}`;
}
