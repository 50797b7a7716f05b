import type { ClientOptions } from "etcd-watch";
import type { Fault } from "./fault.ts";

/** A server, or three of them, that a round runs against. */
export interface ChaosTarget {
  /** Such as "etcd 3.5.30". */
  readonly name: string;
  /** host:port of each member. */
  readonly endpoints: readonly string[];
  /** host:port of what stands before it, where watches do not go to it directly. What that provably loses is not the client's fault. */
  readonly proxied?: readonly string[];
  /** How its clients ping, where it does not allow what they do otherwise. */
  readonly patience?: Pick<ClientOptions, "keepAliveIntervalMs">;
  /** As whom its clients come; nobody where authentication is off. */
  readonly auth?: NonNullable<ClientOptions["auth"]>;
  /** Whether a notice that was asked for can be relied on (etcd-io/etcd#15220). */
  readonly progressIsOrdered: boolean;
  /** Codes with which it may refuse a request for progress, beside those that any server may. */
  readonly ownRefusals?: readonly string[];
  /** What can happen to it. */
  readonly faults: readonly Fault[];
  /** Watches, over all members. Absent where they are not ours alone to take away. */
  readonly watchers?: (() => Promise<number>) | undefined;
  /** Watch streams, over all members. */
  readonly streams?: (() => Promise<number>) | undefined;
  /** Resolves when everything runs and is healthy. */
  recover(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a new one, with an empty store. */
export type TargetKind = (seed: number) => Promise<ChaosTarget>;
