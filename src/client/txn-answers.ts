import { ProtocolError } from "../errors/etcd-error.ts";
import type * as wire from "../gen/rpc.ts";
import type { DeleteResponse, GetResponse, PutResponse } from "./kv-responses.ts";
import type { Txn, TxnDelete, TxnGet, TxnOperation, TxnPut } from "./txn-request.ts";
import type { TxnOperationResponse, TxnResponse } from "./txn-response.ts";

/**
 * What that transaction answers: `succeeded` tells which of its lists was done, and `responses` has one answer for each operation of it, of
 * its kind. Of a transaction whose operations are not known to the compiler, any.
 */
export type TxnResponseOf<Asked extends Txn> = Pick<TxnResponse, "type" | "header" | "toJSON"> &
  (
    | { readonly succeeded: true; readonly responses: AnswersTo<Asked["success"]> }
    | { readonly succeeded: false; readonly responses: AnswersTo<Asked["failure"]> }
  );

/** No operations, no answers. */
type AnswersTo<Operations> = Operations extends readonly TxnOperation[]
  ? { readonly [Index in keyof Operations]: AnswerTo<Operations[Index]> }
  : readonly never[];

type AnswerTo<Operation> = TxnOperation extends Operation
  ? TxnOperationResponse
  : Operation extends { readonly get: TxnGet }
    ? GetResponse
    : Operation extends { readonly put: TxnPut }
      ? PutResponse
      : Operation extends { readonly delete: TxnDelete }
        ? DeleteResponse
        : Operation extends { readonly txn: infer Nested extends Txn }
          ? TxnResponseOf<Nested>
          : TxnOperationResponse;

const answerKinds = {
  requestRange: "responseRange",
  requestPut: "responsePut",
  requestDeleteRange: "responseDeleteRange",
  requestTxn: "responseTxn",
} as const;

/**
 * The types promise it, so it is looked at.
 * @throws {ProtocolError} if the answers are not those to the operations that were to be done
 */
export function checkAnswers({ success, failure }: wire.TxnRequest, { succeeded, responses }: wire.TxnResponse): void {
  const asked = succeeded ? success : failure;
  if (asked.length !== responses.length)
    throw new ProtocolError(`A transaction of ${String(asked.length)} operations was answered with ${String(responses.length)}`);
  for (const [index, { request }] of asked.entries()) {
    const response = responses[index]?.response;
    if (request === undefined || response?.$case !== answerKinds[request.$case])
      throw new ProtocolError(
        `Operation ${String(index)} of a transaction, ${String(request?.$case)}, was answered with ${String(response?.$case)}`,
      );
    if (request.$case === "requestTxn" && response.$case === "responseTxn") checkAnswers(request.value, response.value);
  }
}
