import { callUnary } from "../transport/rpc-method.ts";
import type { Transport } from "../transport/transport.ts";
import { checkTimeout } from "../util/option-check.ts";
import { unaryCallOptions, type CallOptions } from "./call-options.ts";

type Service = Parameters<typeof callUnary>[1];
type Method<Request, Response> = Parameters<typeof callUnary<Request, Response>>[2];

export interface ServiceCallsOptions {
  /** For a call that has no `timeoutMs` of its own, in ms. */
  readonly requestTimeoutMs: number;
}

/** The unary calls of one of etcd's services. */
export class ServiceCalls {
  readonly #transport: Transport;
  readonly #service: Service;
  readonly #requestTimeoutMs: number;

  /** @throws {RangeError} if the timeout is not a number of ms above 0 */
  constructor(transport: Transport, service: Service, { requestTimeoutMs }: ServiceCallsOptions) {
    this.#transport = transport;
    this.#service = service;
    this.#requestTimeoutMs = checkTimeout(requestTimeoutMs, "requestTimeoutMs");
  }

  /** For what changes nothing that matters when it is done twice: it is sent again when its answer got lost. */
  repeatable<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    options: CallOptions,
    endpoint?: string,
  ): Promise<Response> {
    return this.#send(method, request, options, { repeatable: true, endpoint });
  }

  /** For the rest: it is sent again only if it certainly never left. */
  once<Request, Response>(method: Method<Request, Response>, request: Request, options: CallOptions): Promise<Response> {
    return this.#send(method, request, options, { repeatable: false, endpoint: undefined });
  }

  /** Not async: options that are wrong throw at once. */
  #send<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    options: CallOptions,
    { repeatable, endpoint }: { readonly repeatable: boolean; readonly endpoint: string | undefined },
  ): Promise<Response> {
    const callOptions = unaryCallOptions(options, { requestTimeoutMs: this.#requestTimeoutMs, repeatable });
    return callUnary(this.#transport, this.#service, method, request, { ...callOptions, endpoint });
  }
}
