import { RpcError } from "../../src/errors/etcd-error.ts";
import type { GrpcStatusName } from "../../src/errors/grpc-status.ts";
import type { DuplexCall, Transport, UnaryCallOptions } from "../../src/transport/transport.ts";
import { onAbort } from "../../src/util/abort.ts";
import { deferred } from "../../src/util/deferred.ts";

/** One unary call that reached the transport. */
export interface RecordedCall {
  readonly path: string;
  readonly request: Buffer;
  readonly options: UnaryCallOptions;
  answer(bytes: Uint8Array): void;
  fail(code: GrpcStatusName, details: string): void;
  reject(error: Error): void;
}

/** A transport that sends nothing: a test looks at the calls, and answers them. */
export class FakeUnaryTransport implements Transport {
  readonly endpoints = ["fake:2379"];
  readonly calls: RecordedCall[] = [];
  /** Calls that are not yet settled. */
  inFlight = 0;
  /** The most that `inFlight` ever was. */
  mostInFlight = 0;
  /** Does with each call at once what the test wants; otherwise the test settles it later. */
  onCall: ((call: RecordedCall) => void) | undefined;

  unary(path: string, request: Uint8Array, options: UnaryCallOptions): Promise<Buffer> {
    const { promise, resolve, reject } = deferred<Buffer>();
    const unlink = onAbort(options.signal, reject);
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    const call: RecordedCall = {
      path,
      request: Buffer.from(request),
      options,
      answer: (bytes) => {
        resolve(Buffer.from(bytes));
      },
      fail: (code, details) => {
        reject(new RpcError({ code, details, path }));
      },
      reject,
    };
    this.calls.push(call);
    this.onCall?.(call);
    return promise.finally(() => {
      unlink();
      this.inFlight--;
    });
  }

  duplex(): Promise<DuplexCall> {
    return Promise.reject(new Error("this transport has no streams"));
  }

  /** The one call that was made. */
  get onlyCall(): RecordedCall {
    const [call, ...others] = this.calls;
    if (call === undefined || others.length > 0) throw new Error(`${String(this.calls.length)} calls were made, not one`);
    return call;
  }
}
