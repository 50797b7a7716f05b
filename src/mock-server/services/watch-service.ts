import type { WatchDefinition, WatchRequest } from "../../gen/rpc.ts";
import { isOpenEnded } from "../../model/key-range.ts";
import { NO_BYTES } from "../../util/bytes.ts";
import type { ServerState } from "../server-state.ts";
import { GRPC_OVERHEAD_BYTES } from "./call-gate.ts";
import type { CallGate } from "./call-gate.ts";
import type { Received } from "./service-definition.ts";
import { endWith } from "./service-handlers.ts";
import type { Handlers } from "./service-handlers.ts";
import { refusalText } from "./watch-refusal.ts";
import { WatchSession } from "./watch-session.ts";

export interface WatchServiceOptions {
  readonly state: ServerState;
  readonly gate: CallGate;
  /** Streams that are open now. */
  readonly sessions: Set<WatchSession>;
}

export function watchService({ state, gate, sessions }: WatchServiceOptions): Handlers<typeof WatchDefinition> {
  const { store, authorizer, identity, behaviour, clock, random, limits, metrics } = state;
  return {
    watch(call) {
      const session = new WatchSession({
        store,
        identity,
        behaviour,
        clock,
        random,
        progressIntervalMs: limits.progressNotifyIntervalMs,
        fragmentBytes: limits.maxRequestBytes + GRPC_OVERHEAD_BYTES,
        write: (response) => call.write(response),
        refusalOf: ({ key, rangeEnd }) =>
          refusalText(() => {
            // Older servers look at an open end as if it were none.
            const end = !behaviour.checksOpenEndedPermission && isOpenEnded(rangeEnd) ? NO_BYTES : rangeEnd;
            authorizer.read(call.metadata, key, end);
          }),
      });
      sessions.add(session);
      const close = (): void => {
        sessions.delete(session);
        session.close();
      };
      call.on("data", ({ message, sizeBytes }: Received<WatchRequest>) => {
        try {
          gate.checkReceived(sizeBytes);
        } catch (error) {
          close();
          endWith(call, error);
          return;
        }
        metrics.countRequest(requestName(message));
        session.receive(message);
        if (session.isFull) call.pause();
      });
      call.on("drain", () => {
        session.drained();
        if (!session.isFull) call.resume();
      });
      // A client that only says it has no more requests keeps its watches: there is no listener for "end".
      call.on("cancelled", close);
      call.on("error", close);
      call.on("close", close);
    },
  };
}

function requestName({ requestUnion }: WatchRequest): string {
  switch (requestUnion?.$case) {
    case "createRequest":
      return "Watch.create";
    case "cancelRequest":
      return "Watch.cancel";
    case "progressRequest":
      return "Watch.progress";
    case undefined:
      return "Watch.empty";
  }
}
