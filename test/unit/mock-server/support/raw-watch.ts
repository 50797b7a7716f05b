import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import { WatchRequest } from "../../../../src/gen/rpc.ts";
import type { WatchResponse } from "../../../../src/gen/rpc.ts";
import { Inbox } from "../../../../src/mock-server/scripted/inbox.ts";

type Fields = NonNullable<Parameters<typeof WatchRequest.fromPartial>[0]>;
type CreateFields = Partial<Extract<WatchRequest["requestUnion"], { $case: "createRequest" }>["value"]>;

const QUIET_MS = 200;
const NO_BYTES = new Uint8Array();

/** A key, or a range of them, from text. */
export function span(key: string, rangeEnd = ""): { key: Buffer; rangeEnd: Buffer } {
  return { key: Buffer.from(key, "latin1"), rangeEnd: Buffer.from(rangeEnd, "latin1") };
}

/** One Watch call as it is on the wire: no id of our own, no resume, nothing dropped. */
export class RawWatch {
  readonly responses: WatchResponse[] = [];
  readonly ended: Promise<ServiceError | undefined>;
  readonly #call: ClientDuplexStream<WatchRequest, WatchResponse>;
  readonly #inbox = new Inbox<WatchResponse>("watch response");

  constructor(call: ClientDuplexStream<WatchRequest, WatchResponse>) {
    this.#call = call;
    call.on("data", (response: WatchResponse) => {
      this.responses.push(response);
      this.#inbox.put(response);
    });
    this.ended = new Promise((resolve) => {
      call.on("error", (error: ServiceError) => {
        resolve(error);
      });
      call.on("end", () => {
        resolve(undefined);
      });
    });
  }

  send(request: Fields): void {
    this.#call.write(WatchRequest.fromPartial(request));
  }

  create(fields: CreateFields): void {
    this.send({ requestUnion: { $case: "createRequest", value: { key: NO_BYTES, ...fields } } });
  }

  /** Creates a watch and takes the answer. */
  async created(fields: CreateFields): Promise<WatchResponse> {
    this.create(fields);
    return this.next();
  }

  cancel(watchId: bigint): void {
    this.send({ requestUnion: { $case: "cancelRequest", value: { watchId } } });
  }

  progress(): void {
    this.send({ requestUnion: { $case: "progressRequest", value: {} } });
  }

  next(timeoutMs?: number): Promise<WatchResponse> {
    return this.#inbox.take(timeoutMs);
  }

  /** Fails if anything comes that was not taken. */
  async quiet(forMs = QUIET_MS): Promise<void> {
    const response = await this.#inbox.take(forMs).catch(() => undefined);
    if (response !== undefined) throw new Error(`Expected silence, got ${eventsOf(response).join()} (watch ${String(response.watchId)})`);
  }

  /** Takes responses until so many events have come. */
  async events(count: number): Promise<string[]> {
    const events: string[] = [];
    while (events.length < count) events.push(...eventsOf(await this.next()));
    return events;
  }

  halfClose(): void {
    this.#call.end();
  }

  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  close(): void {
    this.#call.cancel();
  }
}

/** Events as text: "PUT key=value" and "DELETE key". */
export function eventsOf({ events }: WatchResponse): string[] {
  return events.map(({ type, kv }) => {
    const key = Buffer.from(kv?.key ?? NO_BYTES).toString("latin1");
    return type === 0 ? `PUT ${key}=${Buffer.from(kv?.value ?? NO_BYTES).toString("latin1")}` : `DELETE ${key}`;
  });
}
