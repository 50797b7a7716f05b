import { KVDefinition } from "../gen/rpc.ts";
import type { Key } from "../model/key-range.ts";
import type { Namespace } from "../model/namespace.ts";
import { toRevision } from "../model/revision.ts";
import { callUnary } from "../transport/rpc-method.ts";
import type { Transport, UnaryCallOptions } from "../transport/transport.ts";
import { checkOptions, checkTimeout, type OptionKinds } from "../util/option-check.ts";
import { callOptionKinds, unaryCallOptions, type CallOptions } from "./call-options.ts";
import { compactedAnswer } from "./compacted-answer.ts";
import { deleteOptionKinds, deleteRequest, type DeleteRequestOptions } from "./delete-request.ts";
import { KeySpace } from "./key-space.ts";
import { CompactResponse, DeleteResponse, GetResponse, PutResponse } from "./kv-responses.ts";
import { putOptionKinds, putRequest, type PutRequestOptions, type Value } from "./put-request.ts";
import { rangeOptionKinds, rangeRequest, type RangeOptions } from "./range-request.ts";
import { lowestReadRevision, readsOnly, txnRequest, type Txn } from "./txn-request.ts";
import { checkAnswers, type TxnResponseOf } from "./txn-answers.ts";
import { TxnResponse } from "./txn-response.ts";

/** What a `get` may ask for, and how long it may take. */
export interface GetOptions extends RangeOptions, CallOptions {}

/** How a `put` is done, and how long it may take. */
export interface PutOptions extends PutRequestOptions, CallOptions {}

/** What a `delete` takes away, and how long it may take. */
export interface DeleteOptions extends DeleteRequestOptions, CallOptions {}

/** How a `compact` is done, and how long it may take. */
export interface CompactOptions extends CallOptions {
  /** Answer only when the old revisions are gone from the disk. Default false: when they can no longer be read. */
  readonly physical?: boolean | undefined;
}

const getKinds: OptionKinds<GetOptions> = { ...rangeOptionKinds, ...callOptionKinds };
const putKinds: OptionKinds<PutOptions> = { ...putOptionKinds, ...callOptionKinds };
const deleteKinds: OptionKinds<DeleteOptions> = { ...deleteOptionKinds, ...callOptionKinds };
const compactKinds: OptionKinds<CompactOptions> = { physical: "flag", ...callOptionKinds };
const { methods } = KVDefinition;

/**
 * Reads and writes keys: etcd's KV service. `client.kv` is one.
 *
 * Every method throws a `TypeError` or `RangeError` at once for arguments that etcd cannot take, and then sends nothing. Its promise
 * rejects with the signal's reason after an abort, with a `CompactedError` if the revision asked for is gone, else with an `RpcError`.
 * Only reads are sent again when an answer got lost: after a write that failed with UNAVAILABLE or DEADLINE_EXCEEDED, it may have been done.
 */
export class Kv {
  readonly #transport: Transport;
  readonly #requestTimeoutMs: number;
  readonly #keySpace: KeySpace;

  /** @internal @throws {RangeError} if the timeout is not a number of ms above 0 */
  constructor(
    transport: Transport,
    { requestTimeoutMs, namespace }: { readonly requestTimeoutMs: number; readonly namespace?: Namespace | undefined },
  ) {
    this.#transport = transport;
    this.#keySpace = new KeySpace(namespace);
    this.#requestTimeoutMs = checkTimeout(requestTimeoutMs, "requestTimeoutMs");
  }

  /**
   * Reads a key, or a range of keys. A key that does not exist is no error: `kvs` is empty.
   * @example
   * const { kvs, header } = await client.kv.get("config/", { prefix: true, limit: 100 });
   * for (const kv of kvs) console.log(kv.keyText, kv.valueText, kv.modRevision);
   * console.log("as of revision", header.revision);
   */
  get(key: Key, options: GetOptions = {}): Promise<GetResponse> {
    checkOptions(options, getKinds, "get");
    const request = this.#keySpace.ranged(rangeRequest(key, options));
    const answer = callUnary(this.#transport, KVDefinition, methods.range, request, this.#call(options, true));
    return compactedAnswer(answer, request.revision).then((message) => new GetResponse(this.#keySpace.rangeAnswer(message)));
  }

  /**
   * Writes a key.
   * @example
   * const { prevKv } = await client.kv.put("config/color", "blue", { prevKv: true });
   * console.log(prevKv?.valueText ?? "it is new");
   */
  put(key: Key, value: Value, options: PutOptions = {}): Promise<PutResponse> {
    checkOptions(options, putKinds, "put");
    const request = this.#keySpace.put(putRequest(key, value, options));
    const answer = callUnary(this.#transport, KVDefinition, methods.put, request, this.#call(options, false));
    return answer.then((message) => new PutResponse(this.#keySpace.putAnswer(message)));
  }

  /**
   * Deletes a key, or a range of keys, at one revision. None to delete is no error: `deleted` is 0n.
   * @example
   * const { deleted } = await client.kv.delete("config/", { prefix: true });
   * console.log(`${deleted} keys deleted`);
   */
  delete(key: Key, options: DeleteOptions = {}): Promise<DeleteResponse> {
    checkOptions(options, deleteKinds, "delete");
    const request = this.#keySpace.ranged(deleteRequest(key, options));
    const answer = callUnary(this.#transport, KVDefinition, methods.deleteRange, request, this.#call(options, false));
    return answer.then((message) => new DeleteResponse(this.#keySpace.deleteAnswer(message)));
  }

  /**
   * Does one of two lists of operations, depending on comparisons, as a whole and at one revision.
   * A `CompactedError` carries the lowest revision that the transaction names to read at.
   * @example
   * const { succeeded } = await client.kv.txn({
   *   compare: [{ key: "leader", target: "create", result: "=", value: 0n }], // it does not exist
   *   success: [{ put: { key: "leader", value: "me" } }],
   *   failure: [{ get: { key: "leader" } }],
   * });
   * console.log(succeeded ? "I lead" : "another one leads");
   */
  txn<const Asked extends Txn>(txn: Asked, options: CallOptions = {}): Promise<TxnResponseOf<Asked>> {
    checkOptions(options, callOptionKinds, "The options of txn");
    const request = this.#keySpace.txn(txnRequest(txn));
    const answer = callUnary(this.#transport, KVDefinition, methods.txn, request, this.#call(options, readsOnly(request)));
    return compactedAnswer(answer, lowestReadRevision(request)).then((message) => {
      checkAnswers(request, message);
      return new TxnResponse(this.#keySpace.txnAnswer(message)) as TxnResponseOf<Asked>;
    });
  }

  /**
   * Throws away what was overwritten or deleted before `revision`. Older revisions can then neither be read nor watched, and asking for
   * one, or compacting at one, is a `CompactedError`. It is never sent twice: the second time would say "compacted" of the first.
   * @example
   * const { header } = await client.kv.get("config/");
   * await client.kv.compact(header.revision);
   */
  compact(revision: bigint | number, options: CompactOptions = {}): Promise<CompactResponse> {
    checkOptions(options, compactKinds, "compact");
    const request = { revision: toRevision(revision, "revision"), physical: options.physical ?? false };
    const answer = callUnary(this.#transport, KVDefinition, methods.compact, request, this.#call(options, false));
    return compactedAnswer(answer, request.revision).then((message) => new CompactResponse(message));
  }

  #call(options: CallOptions, repeatable: boolean): UnaryCallOptions {
    return unaryCallOptions(options, { requestTimeoutMs: this.#requestTimeoutMs, repeatable });
  }
}
