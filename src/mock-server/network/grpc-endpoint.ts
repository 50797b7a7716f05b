import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { ConnectionInjector, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { TlsOptions } from "../server-options.ts";
import type { ControlledConnection } from "./controlled-connection.ts";

export interface GrpcService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A gRPC server without a port of its own: it serves the connections that it is given. */
export class GrpcEndpoint {
  readonly #server: Server;
  readonly #injector: ConnectionInjector;

  constructor(services: readonly GrpcService[], tls: TlsOptions | undefined) {
    // Sizes are checked by the services, in etcd's words.
    this.#server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
    for (const { definition, implementation } of services) this.#server.addService(definition, implementation);
    this.#injector = this.#server.createConnectionInjector(credentials(tls));
  }

  serve(connection: ControlledConnection): void {
    this.#injector.injectConnection(connection);
  }

  /** Tells every client to go elsewhere (GOAWAY). Streams that are open go on. */
  goAway(): void {
    // When its time is over, drain would cut new connections too: whoever wants an end to the grace sees to that.
    this.#injector.drain(LONGEST_TIMER_MS);
  }

  close(): void {
    this.#injector.destroy();
    this.#server.forceShutdown();
  }
}

function credentials(tls: TlsOptions | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { cert, key, clientCa } = tls;
  const rootCerts = clientCa === undefined ? null : Buffer.from(clientCa);
  return ServerCredentials.createSsl(rootCerts, [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }], clientCa !== undefined);
}
