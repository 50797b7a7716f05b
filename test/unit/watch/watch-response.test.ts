import { describe, expect, it } from "vitest";
import { decodeWatchMessage } from "../../../src/codec/watch-message.ts";
import { WatchResponse } from "../../../src/watch/watch-response.ts";
import { put, remove, type ResponseFields, responseBytes } from "../../support/watch-messages.ts";

function response(fields: ResponseFields, created = false): WatchResponse {
  const { header, events } = decodeWatchMessage(responseBytes(fields));
  return new WatchResponse(header, events, created);
}

describe("WatchResponse", () => {
  it("is a progress notice if it has no events and is no `created`", () => {
    expect(response({ revision: 4n }).isProgressNotify).toBe(true);
    expect(response({ revision: 4n }, true).isProgressNotify).toBe(false);
    expect(response({ events: [put("a", 4n)] }).isProgressNotify).toBe(false);
  });

  it("as JSON has etcdctl's names, base64, and no bigint", () => {
    const json: unknown = JSON.parse(JSON.stringify(response({ revision: 9n, events: [put("a", 4n, { value: "v" }), remove("b", 5n)] })));
    expect(json).toEqual({
      Header: { cluster_id: "1", member_id: "2", revision: 9, raft_term: 3 },
      Events: [
        { kv: { key: "YQ==", create_revision: 4, mod_revision: 4, version: 1, value: "dg==" } },
        { type: 1, kv: { key: "Yg==", mod_revision: 5 } },
      ],
      CompactRevision: 0,
      Canceled: false,
      Created: false,
    });
  });
});
