import type { GrpcStatusName } from "../../src/errors/grpc-status.ts";
import type { WatchOptions } from "../../src/watch/watch-options.ts";

/** Whose id a message has, decided when it is sent: that of a create without an answer, of a watch that is there, or was, or of none. */
export type MessageId = "asked" | "second asked" | "live" | "other live" | "gone" | bigint;

/** Counted from the newest revision that a good server would be at; or whatever it is. */
export type StepRevision = { readonly plus: number } | { readonly exactly: bigint };

export interface StepEvent {
  readonly kind: "put" | "delete" | "unheard-of" | "no key";
  readonly key: string;
  readonly revision: StepRevision;
}

/** A watch response in its proper form, whatever it says. */
export interface StepMessage {
  readonly id: MessageId;
  readonly revision: StepRevision;
  readonly clusterId: bigint;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compactRevision: StepRevision | undefined;
  readonly cancelReason: string;
  readonly fragment: boolean;
  readonly events: readonly StepEvent[];
  readonly valueBytes: number;
}

/** One thing that the server, the network, time or the user does. Each can be done whatever was done before it. */
export type Step =
  // What a good server does: answers the oldest create, sends the next change to every watch, tells how far it is.
  | { readonly at: "good create"; readonly echoesId: boolean }
  | { readonly at: "good change"; readonly keys: number }
  | { readonly at: "good notice" }
  // What no good server does
  | { readonly at: "message"; readonly message: StepMessage; readonly times: number }
  | { readonly at: "damaged message"; readonly message: StepMessage; readonly seed: number }
  | { readonly at: "odd bytes"; readonly seed: number }
  | { readonly at: "replay"; readonly back: number }
  | { readonly at: "end"; readonly code: GrpcStatusName; readonly details: string }
  // The network and time
  | { readonly at: "opens"; readonly hang: boolean }
  | { readonly at: "reads"; readonly answer: "latest" | "none" | "failure" | bigint; readonly version: string | undefined }
  | { readonly at: "time"; readonly ms: number }
  // The user
  | { readonly at: "watch"; readonly reads: "at once" | "when told"; readonly options: Omit<WatchOptions, "signal"> }
  | { readonly at: "read"; readonly watch: number; readonly count: number }
  | { readonly at: "leave"; readonly watch: number; readonly how: "cancel" | "abort" | "return" }
  | { readonly at: "ask for progress"; readonly watch: number | "stream" };
