import type { Metadata } from "@grpc/grpc-js";
import { WatchResponse } from "../../gen/rpc.ts";
import type { WatchDefinition, WatchRequest } from "../../gen/rpc.ts";
import { isOpenEnded } from "../../model/key-range.ts";
import { NO_BYTES } from "../../util/bytes.ts";
import type { RefusedError } from "../refused-error.ts";
import type { ServerState } from "../server-state.ts";
import { GRPC_OVERHEAD_BYTES } from "./call-gate.ts";
import type { CallGate } from "./call-gate.ts";
import { ResponseWriter } from "./response-writer.ts";
import { asBytes } from "./service-definition.ts";
import type { Received } from "./service-definition.ts";
import { endWith } from "./service-handlers.ts";
import type { Handlers } from "./service-handlers.ts";
import { refusalText } from "./watch-refusal.ts";
import { WatchSession } from "./watch-session.ts";

/** A Watch call that is not over. */
export interface OpenWatchCall {
  readonly metadata: Metadata;
  /** Lets go of its watches. */
  close(): void;
  /** Ends it with a status. */
  end(error: RefusedError): void;
}

export interface WatchServiceOptions {
  readonly state: ServerState;
  readonly gate: CallGate;
  /** Streams that are open now. */
  readonly sessions: Set<OpenWatchCall>;
  /** Told of each response before it is sent. */
  readonly observers: ReadonlySet<(response: WatchResponse) => void>;
}

export function watchService({ state, gate, sessions, observers }: WatchServiceOptions): Handlers<typeof WatchDefinition> {
  const { store, authorizer, identity, behaviour, clock, random, limits, metrics } = state;
  return {
    watch(call) {
      const writer = new ResponseWriter<WatchResponse>({
        call,
        encode: (response) => asBytes(WatchResponse, response),
        onRoom: () => {
          session.drained();
          if (!session.isFull) call.resume();
        },
      });
      const session = new WatchSession({
        store,
        identity,
        behaviour,
        clock,
        random,
        progressIntervalMs: limits.progressNotifyIntervalMs,
        fragmentBytes: limits.maxRequestBytes + GRPC_OVERHEAD_BYTES,
        write: (response) => {
          for (const observe of observers) observe(response);
          return writer.write(response);
        },
        refusalOf: ({ key, rangeEnd }) =>
          refusalText(() => {
            // Older servers look at an open end as if it were none.
            const end = !behaviour.checksOpenEndedPermission && isOpenEnded(rangeEnd) ? NO_BYTES : rangeEnd;
            authorizer.read(call.metadata, key, end);
          }),
      });
      const close = (): void => {
        sessions.delete(open);
        session.close();
      };
      const open: OpenWatchCall = {
        metadata: call.metadata,
        close,
        end: (error) => {
          close();
          endWith(call, error);
        },
      };
      sessions.add(open);
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
