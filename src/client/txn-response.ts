import { ProtocolError } from "../errors/etcd-error.ts";
import type * as wire from "../gen/rpc.ts";
import { jsonObject } from "../model/json-form.ts";
import { ResponseHeader } from "../model/response-header.ts";
import { DeleteResponse, GetResponse, PutResponse } from "./kv-responses.ts";

/** What one operation of a transaction answered. Tell them apart by `type`. Of the header only the revision is set, in a nested txn not even that. */
export type TxnOperationResponse = GetResponse | PutResponse | DeleteResponse | TxnResponse;

/** What `txn` answers. */
export class TxnResponse {
  /** Tells it from the other answers of a transaction, in which it may be nested. */
  readonly type = "txn";
  /** What the server says of itself, with the store's revision when it answered. */
  readonly header: ResponseHeader;
  /** Whether every comparison held, so that `success` was done, and not `failure`. */
  readonly succeeded: boolean;
  /** One answer for each operation that was done, in the order of the operations. */
  readonly responses: readonly TxnOperationResponse[];

  /** @internal @throws {ProtocolError} if the answer holds one that is of no known kind */
  constructor({ header, succeeded, responses }: wire.TxnResponse) {
    this.header = ResponseHeader.from(header);
    this.succeeded = succeeded;
    this.responses = responses.map(operationResponse);
  }

  /** As `etcdctl txn -w json` prints it, ids as strings. */
  toJSON(): Record<string, unknown> {
    const responses = this.responses.map((response) => ({ Response: { [jsonNames[response.type]]: response.toJSON() } }));
    return jsonObject({
      header: this.header.toJSON(),
      succeeded: this.succeeded,
      responses: responses.length === 0 ? undefined : responses,
    });
  }
}

const jsonNames = { get: "ResponseRange", put: "ResponsePut", delete: "ResponseDeleteRange", txn: "ResponseTxn" } as const satisfies Record<
  TxnOperationResponse["type"],
  string
>;

function operationResponse({ response }: wire.ResponseOp): TxnOperationResponse {
  switch (response?.$case) {
    case "responseRange":
      return new GetResponse(response.value);
    case "responsePut":
      return new PutResponse(response.value);
    case "responseDeleteRange":
      return new DeleteResponse(response.value);
    case "responseTxn":
      return new TxnResponse(response.value);
    case undefined:
      throw new ProtocolError("The answer to a transaction holds one that is of no known kind");
  }
}
