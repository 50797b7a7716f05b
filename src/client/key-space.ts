import type * as wire from "../gen/rpc.ts";
import type { KeyValue } from "../gen/kv.ts";
import type { Namespace } from "../model/namespace.ts";

/** Requests and answers of the KV service between how the user sees keys and how the server does. Without a namespace that is the same. */
export class KeySpace {
  readonly #namespace: Namespace | undefined;

  constructor(namespace: Namespace | undefined) {
    this.#namespace = namespace;
  }

  /** A range, a delete or a comparison, whose fields are a key and an end. */
  ranged<Message extends { key: Uint8Array; rangeEnd: Uint8Array }>(message: Message): Message {
    return this.#namespace === undefined ? message : { ...message, ...this.#namespace.range(message) };
  }

  put(request: wire.PutRequest): wire.PutRequest {
    return this.#namespace === undefined ? request : { ...request, key: this.#namespace.key(request.key) };
  }

  txn(request: wire.TxnRequest): wire.TxnRequest {
    if (this.#namespace === undefined) return request;
    return {
      compare: request.compare.map((each) => this.ranged(each)),
      success: request.success.map((each) => this.#operation(each)),
      failure: request.failure.map((each) => this.#operation(each)),
    };
  }

  rangeAnswer(answer: wire.RangeResponse): wire.RangeResponse {
    return this.#namespace === undefined ? answer : { ...answer, kvs: answer.kvs.map((kv) => this.#without(kv)) };
  }

  putAnswer(answer: wire.PutResponse): wire.PutResponse {
    return this.#namespace === undefined ? answer : { ...answer, prevKv: answer.prevKv && this.#without(answer.prevKv) };
  }

  deleteAnswer(answer: wire.DeleteRangeResponse): wire.DeleteRangeResponse {
    return this.#namespace === undefined ? answer : { ...answer, prevKvs: answer.prevKvs.map((kv) => this.#without(kv)) };
  }

  txnAnswer(answer: wire.TxnResponse): wire.TxnResponse {
    return this.#namespace === undefined ? answer : { ...answer, responses: answer.responses.map((each) => this.#operationAnswer(each)) };
  }

  /** Those of the keys that are in the namespace, as the user has them. */
  keys(keys: readonly Uint8Array[]): Uint8Array[] {
    const namespace = this.#namespace;
    return namespace === undefined ? [...keys] : keys.filter((key) => namespace.has(key)).map((key) => namespace.without(key));
  }

  #operation({ request }: wire.RequestOp): wire.RequestOp {
    switch (request?.$case) {
      case "requestRange":
        return { request: { $case: request.$case, value: this.ranged(request.value) } };
      case "requestPut":
        return { request: { $case: request.$case, value: this.put(request.value) } };
      case "requestDeleteRange":
        return { request: { $case: request.$case, value: this.ranged(request.value) } };
      case "requestTxn":
        return { request: { $case: request.$case, value: this.txn(request.value) } };
      case undefined:
        return { request };
    }
  }

  #operationAnswer({ response }: wire.ResponseOp): wire.ResponseOp {
    switch (response?.$case) {
      case "responseRange":
        return { response: { $case: response.$case, value: this.rangeAnswer(response.value) } };
      case "responsePut":
        return { response: { $case: response.$case, value: this.putAnswer(response.value) } };
      case "responseDeleteRange":
        return { response: { $case: response.$case, value: this.deleteAnswer(response.value) } };
      case "responseTxn":
        return { response: { $case: response.$case, value: this.txnAnswer(response.value) } };
      case undefined:
        return { response };
    }
  }

  #without(kv: KeyValue): KeyValue {
    return this.#namespace === undefined ? kv : { ...kv, key: this.#namespace.without(kv.key) };
  }
}
