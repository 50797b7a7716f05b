import { GrpcStatus } from "../errors/grpc-status.ts";
import type { GrpcStatusName } from "../errors/grpc-status.ts";
import type { ServerError } from "../errors/server-errors.ts";

/** A request that the server turns down, with the status it answers. */
export class RefusedError extends Error {
  /** The name of the gRPC status, such as `OUT_OF_RANGE`. */
  readonly status: GrpcStatusName;

  constructor({ code, message }: ServerError) {
    super(message);
    this.name = "RefusedError";
    this.status = code;
  }

  /** The number of its status, as grpc-js wants it. */
  get code(): number {
    return GrpcStatus[this.status];
  }
}
