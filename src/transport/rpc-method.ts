import { ProtocolError } from "../errors/etcd-error.ts";
import type { Transport, UnaryCallOptions } from "./transport.ts";

interface Codec<Message> {
  encode(message: Message): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Message;
}

interface ServiceDefinition {
  readonly fullName: string;
}

interface MethodDefinition<Request, Response> {
  readonly name: string;
  readonly requestType: Codec<Request>;
  readonly responseType: Codec<Response>;
}

/** The path that gRPC calls a method by, such as `/etcdserverpb.KV/Put`. */
export function methodPath(service: ServiceDefinition, method: { readonly name: string }): string {
  return `/${service.fullName}/${method.name}`;
}

/**
 * A unary call with its messages.
 * @throws {ProtocolError} if the answer cannot be decoded; else as `Transport.unary`
 */
export async function callUnary<Request, Response>(
  transport: Transport,
  service: ServiceDefinition,
  method: MethodDefinition<Request, Response>,
  request: Request,
  options: UnaryCallOptions,
): Promise<Response> {
  const path = methodPath(service, method);
  const answer = await transport.unary(path, method.requestType.encode(request).finish(), options);
  try {
    return method.responseType.decode(answer);
  } catch (cause) {
    throw new ProtocolError(`The answer to ${path} (${String(answer.length)} bytes) is no ${method.name} response`, { cause });
  }
}
