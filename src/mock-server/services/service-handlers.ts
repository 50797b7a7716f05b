import type { Metadata, ServerDuplexStream, ServerUnaryCall, ServerWritableStream, sendUnaryData, UntypedHandleCall } from "@grpc/grpc-js";
import type { GrpcService } from "../network/grpc-endpoint.ts";
import { RefusedError } from "../refused-error.ts";
import type { CallGate } from "./call-gate.ts";
import { grpcDefinition } from "./service-definition.ts";
import type { Received, RequestOf, ResponseOf, ServiceShape } from "./service-definition.ts";

/** What a handler may know of the call beside the request. */
export interface CallContext {
  readonly metadata: Metadata;
  /** What the request took on the wire. */
  readonly sizeBytes: number;
}

export type DuplexCall<Q, A> = ServerDuplexStream<Received<Q>, A | Buffer>;

interface StreamFlags {
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

type Handler<M> = M extends StreamFlags & { readonly requestStream: true }
  ? (call: DuplexCall<RequestOf<M>, ResponseOf<M>>) => void
  : M extends StreamFlags & { readonly responseStream: true }
    ? (request: RequestOf<M>, call: ServerWritableStream<Received<RequestOf<M>>, ResponseOf<M>>) => void
    : (request: RequestOf<M>, context: CallContext) => ResponseOf<M> | Promise<ResponseOf<M>>;

/** A function for each method of a service that is offered; grpc-js answers UNIMPLEMENTED for the others. */
export type Handlers<D extends ServiceShape> = { readonly [K in keyof D["methods"]]?: Handler<D["methods"][K]> };

type UnaryFunction = (request: unknown, context: CallContext) => unknown;
type DuplexFunction = (call: DuplexCall<unknown, unknown>) => void;
type ServerStreamFunction = (request: unknown, call: ServerWritableStream<Received<unknown>, unknown>) => void;

/** A service as an endpoint takes it. Every call passes the gate first, which counts it and may break it. */
export function offered<D extends ServiceShape>(definition: D, handlers: Handlers<D>, gate: CallGate): GrpcService {
  return { definition: grpcDefinition(definition), implementation: grpcHandlers(definition, handlers, gate) };
}

/** The handlers as grpc-js wants them. */
function grpcHandlers<D extends ServiceShape>(definition: D, handlers: Handlers<D>, gate: CallGate): Record<string, UntypedHandleCall> {
  const implementation: Record<string, UntypedHandleCall> = {};
  for (const [key, { name, requestStream, responseStream }] of Object.entries(definition.methods)) {
    const handler: unknown = handlers[key];
    if (typeof handler !== "function") continue;
    if (requestStream) implementation[key] = duplex(name, handler as DuplexFunction, gate);
    else if (responseStream) implementation[key] = serverStream(name, handler as ServerStreamFunction, gate);
    else implementation[key] = unary(name, handler as UnaryFunction, gate);
  }
  return implementation;
}

function unary(method: string, handler: UnaryFunction, gate: CallGate): UntypedHandleCall {
  return (call: ServerUnaryCall<Received<unknown>, unknown>, callback: sendUnaryData<unknown>) => {
    const { message, sizeBytes } = call.request;
    const answer = (): unknown => handler(message, { metadata: call.metadata, sizeBytes });
    gate.unary(method, call.metadata, sizeBytes, answer).then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        callback(statusOf(error));
      },
    );
  };
}

function duplex(method: string, handler: DuplexFunction, gate: CallGate): UntypedHandleCall {
  return (call: DuplexCall<unknown, unknown>) => {
    gate.open(method, call.metadata).then(
      () => {
        if (!call.cancelled) handler(call);
      },
      (error: unknown) => {
        endWith(call, error);
      },
    );
  };
}

function serverStream(method: string, handler: ServerStreamFunction, gate: CallGate): UntypedHandleCall {
  return (call: ServerWritableStream<Received<unknown>, unknown>) => {
    gate.open(method, call.metadata).then(
      () => {
        if (!call.cancelled) handler(call.request.message, call);
      },
      (error: unknown) => {
        endWith(call, error);
      },
    );
  };
}

/** Ends a streaming call with the status that the error stands for, after what was written to it. */
export function endWith(call: { emit(event: "error", error: Error): unknown }, error: unknown): void {
  call.emit("error", statusOf(error)); // grpc-js turns that into the status; to destroy the stream would lose what is queued
}

/** grpc-js reads `code` and `details` from what it is given. */
function statusOf(error: unknown): Error & { code: number; details: string } {
  if (error instanceof RefusedError) return Object.assign(new Error(error.message), { code: error.code, details: error.message });
  const message = error instanceof Error ? error.message : String(error);
  return Object.assign(new Error(message), { code: 2, details: message }); // UNKNOWN: what Go makes of an error without a status
}
