import type { ServiceDefinition } from "@grpc/grpc-js";

/** As much of a generated message as is needed to carry it. */
interface MessageCodec {
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

interface MethodShape {
  readonly name: string;
  readonly requestType: MessageCodec;
  readonly requestStream: boolean;
  readonly responseType: MessageCodec;
  readonly responseStream: boolean;
}

/** A service as the generated files describe it, without a gRPC library. */
export interface ServiceShape {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, MethodShape>>;
}

/** A request and what it took on the wire, for the limits that etcd sets on that. */
export interface Received<Q> {
  readonly message: Q;
  readonly sizeBytes: number;
}

export type RequestOf<M> = M extends { readonly requestType: { decode(input: Uint8Array): infer Q } } ? Q : never;
export type ResponseOf<M> = M extends { readonly responseType: { decode(input: Uint8Array): infer A } } ? A : never;

/** The same service as grpc-js wants it. Requests arrive as `Received`; a response may be given as the bytes that it is encoded to. */
export function grpcDefinition({ fullName, methods }: ServiceShape): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(methods).map(([key, { name, requestType, requestStream, responseType, responseStream }]) => [
      key,
      {
        path: `/${fullName}/${name}`,
        originalName: key,
        requestStream,
        responseStream,
        requestSerialize: (message: unknown) => asBytes(requestType, message),
        requestDeserialize: (bytes: Buffer): Received<unknown> => ({ message: requestType.decode(bytes), sizeBytes: bytes.length }),
        responseSerialize: (message: unknown) => (Buffer.isBuffer(message) ? message : asBytes(responseType, message)),
        responseDeserialize: (bytes: Buffer) => responseType.decode(bytes),
      },
    ]),
  );
}

export function asBytes(type: MessageCodec, message: unknown): Buffer {
  const bytes = type.encode(message).finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
