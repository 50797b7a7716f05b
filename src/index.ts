import { Client, credentials } from "@grpc/grpc-js";
import { WatchDefinition, WatchRequest, WatchResponse } from "./gen/rpc.ts";

/** The first loop: one watch on one connection, no more. What follows in this repository replaces it. */
export async function* watchOnce(endpoint: string, key: string, startRevision = 0n): AsyncGenerator<WatchResponse> {
  const client = new Client(endpoint, credentials.createInsecure());
  const call = client.makeBidiStreamRequest(
    `/${WatchDefinition.fullName}/${WatchDefinition.methods.watch.name}`,
    (request: WatchRequest) => Buffer.from(WatchRequest.encode(request).finish()),
    (bytes: Buffer) => WatchResponse.decode(bytes),
    {},
  );
  call.on("error", () => undefined); // the loop below sees it; without a listener a cancelled call ends the process
  call.write({
    requestUnion: {
      $case: "createRequest",
      value: {
        key: Buffer.from(key),
        rangeEnd: new Uint8Array(0),
        startRevision,
        progressNotify: false,
        filters: [],
        prevKv: false,
        watchId: 0n,
        fragment: false,
      },
    },
  } satisfies WatchRequest);
  try {
    for await (const response of call) yield response as WatchResponse;
  } finally {
    call.cancel();
    client.close();
  }
}
