import { type ChannelOptions, Client, type ChannelCredentials, connectivityState, Metadata as GrpcMetadata } from "@grpc/grpc-js";
import { RpcError } from "../errors/etcd-error.ts";
import { grpcStatusName } from "../errors/grpc-status.ts";
import { onAbort } from "../util/abort.ts";
import { asBuffer } from "../util/bytes.ts";
import type { Clock } from "../util/clock.ts";
import { ConnectAttempt } from "./connect-attempt.ts";
import { GrpcDuplexCall } from "./grpc-duplex-call.ts";
import type { Endpoint } from "./endpoints.ts";
import type { Metadata } from "./transport.ts";

export interface GrpcChannelOptions {
  readonly endpoint: Endpoint;
  readonly credentials: ChannelCredentials;
  readonly channelOptions: ChannelOptions;
  readonly clock: Clock;
}

/** grpc-js throws where nobody can catch it for a deadline that no timer can hold. */
const LONGEST_DEADLINE_MS = 2 ** 31 - 1;

const serialize = (bytes: Uint8Array): Buffer => asBuffer(bytes);
const deserialize = (bytes: Buffer): Buffer => bytes;

/** One connection to one endpoint, and the calls on it. */
export class GrpcChannel {
  readonly endpoint: Endpoint;
  readonly #client: Client;
  readonly #clock: Clock;
  /** What tries to connect, or failed to. */
  readonly #attempts = new Set<ConnectAttempt>();

  constructor({ endpoint, credentials, channelOptions, clock }: GrpcChannelOptions) {
    this.endpoint = endpoint;
    this.#client = new Client(endpoint.target, credentials, channelOptions);
    this.#clock = clock;
  }

  get isReady(): boolean {
    return this.#client.getChannel().getConnectivityState(false) === connectivityState.READY;
  }

  /**
   * Resolves once the server has answered the HTTP/2 handshake. grpc-js itself waits for ever for a server that accepts and then says
   * nothing, hence the limit here. After a rejection the channel is spent: when it would try again is not ours to say.
   * @throws {RpcError} UNAVAILABLE with the reason, or the signal's reason
   */
  connect({ timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal }): Promise<void> {
    const channel = this.#client.getChannel();
    const attempt = new ConnectAttempt();
    this.#attempts.add(attempt);
    return new Promise<void>((resolve, reject) => {
      let step = (): void => {
        const state = attempt.run(() => channel.getConnectivityState(true));
        if (state === connectivityState.READY) {
          this.#attempts.delete(attempt);
          attempt.end();
          settle(resolve);
        } else if (state === connectivityState.TRANSIENT_FAILURE || state === connectivityState.SHUTDOWN) {
          settle(
            () =>
              void this.#failureReason().then((details) => {
                reject(this.#unavailable(details));
              }),
          );
        } else
          channel.watchConnectivityState(state, Infinity, () => {
            step();
          });
      };
      const timer = this.#clock.setTimer(timeoutMs, () => {
        settle(() => {
          reject(this.#unavailable(`no answer within ${String(Math.round(timeoutMs))} ms`));
        });
      });
      let unlink = (): void => undefined;
      const settle = (outcome: () => void): void => {
        step = () => undefined; // the channel keeps the callback until its state changes once more
        timer.cancel();
        unlink();
        outcome();
      };
      unlink = onAbort(signal, (reason) => {
        settle(() => {
          reject(reason);
        });
      });
      step();
    });
  }

  /** Calls back once, when a connection that `connect()` has made is gone. */
  onLost(callback: () => void): void {
    this.#client.getChannel().watchConnectivityState(connectivityState.READY, Infinity, callback);
  }

  unary(
    path: string,
    request: Uint8Array,
    { metadata, timeoutMs, signal }: { metadata: Metadata; timeoutMs: number; signal?: AbortSignal | undefined },
  ): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const deadline = timeoutMs > LONGEST_DEADLINE_MS ? Infinity : Date.now() + timeoutMs;
      const call = this.#client.makeUnaryRequest(
        path,
        serialize,
        deserialize,
        request,
        toGrpcMetadata(metadata),
        { deadline },
        (error, answer) => {
          unlink();
          if (error !== null) reject(new RpcError({ code: grpcStatusName(error.code), details: error.details, path, cause: error }));
          else if (answer === undefined) reject(new RpcError({ code: "INTERNAL", details: "The call ended without an answer", path }));
          else resolve(answer);
        },
      );
      const unlink = onAbort(signal, (reason) => {
        reject(reason);
        call.cancel();
      });
    });
  }

  duplex(path: string, metadata: Metadata): GrpcDuplexCall {
    const channel = this.#client.getChannel();
    return new GrpcDuplexCall({ channel, path, endpoint: this.endpoint.name, metadata: toGrpcMetadata(metadata) });
  }

  /** Calls under way go on to their end. */
  close(): void {
    this.#client.close();
  }

  /** Closes a channel that has not connected, its sockets included. */
  abandon(): void {
    this.#client.close();
    for (const attempt of this.#attempts) attempt.abandon();
    this.#attempts.clear();
  }

  /** grpc-js tells why it could not connect only to a call, so one is made that fails on the spot. */
  #failureReason(): Promise<string> {
    return new Promise((resolve) => {
      try {
        this.#client.makeUnaryRequest("/", serialize, deserialize, Buffer.alloc(0), { deadline: Date.now() + 1_000 }, (error) => {
          resolve(plainReason(error?.details ?? "the connection failed"));
        });
      } catch (error) {
        resolve(String(error)); // the channel was closed meanwhile
      }
    });
  }

  #unavailable(details: string): RpcError {
    return new RpcError({ code: "UNAVAILABLE", details: `${this.endpoint.name}: ${details}`, path: "connect" });
  }
}

function toGrpcMetadata(metadata: Metadata): GrpcMetadata {
  const result = new GrpcMetadata();
  for (const [name, value] of Object.entries(metadata)) {
    for (const each of typeof value === "string" ? [value] : value) result.add(name, each);
  }
  return result;
}

/** grpc-js wraps what happened in words of its own: `No connection established. Last error: Error: ... (date). Resolution note: ...`. */
function plainReason(details: string): string {
  const [, reason] = /Last error: (?:Error: )?(.*?)(?: \(\d{4}-[^)]*\))?\. Resolution note:/s.exec(details) ?? [];
  return reason ?? details;
}
