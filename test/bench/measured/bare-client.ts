import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import { decodeWatchMessage } from "../../../src/codec/watch-message.ts";
import { WatchCreateRequest, WatchRequest, WatchResponse } from "../../../src/gen/rpc.ts";
import type { WatchEvent } from "etcd-watch";
import { touchEvent } from "./etcd-watch-client.ts";
import { type MeasuredClient, patient, type WatchWish } from "./measured-client.ts";

/** Creates that may wait for their answers at a time; all at once is slower. */
const WINDOW = 256;

type Call = ReturnType<ReturnType<Client["getChannel"]>["createCall"]>;

interface BareWatch {
  readonly wish: WatchWish;
  readonly give: (count: number, last: unknown) => void;
  resolve: () => void;
}

/**
 * The fastest client on grpc-js that we know to write: the channel's own call instead of a Readable, bytes in and out, the lazy decoder, a
 * Map from watch id to callback. It has no revisions, no buffer, no bound; a broken stream is opened again and its watches with it, from
 * now.
 *
 * `decode: "lazy"` is with our decoder, `"ts-proto"` with the generated one, `"none"` counts messages, each taken for so many events.
 */
export class BareClient implements MeasuredClient {
  readonly #decode: "lazy" | "ts-proto" | "none";
  readonly #client: Client;
  readonly #byId = new Map<bigint | number, BareWatch>();
  readonly #only: BareWatch[] = [];
  #waiting: BareWatch[] = [];
  #inFlight: BareWatch[] = [];
  #call: Call;
  #unwritten: Buffer[] = [];
  #isWriting = false;
  #closed = false;

  constructor(endpoint: string, decode: "lazy" | "ts-proto" | "none") {
    this.#decode = decode;
    this.#client = new Client(endpoint, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
      "grpc-node.flow_control_window": 1024 * 1024,
      "grpc.use_local_subchannel_pool": 1,
    });
    this.#call = this.#open();
  }

  watch(wish: WatchWish): Promise<unknown> {
    return new Promise<void>((resolve) => {
      this.#waiting.push({ wish, give: patient(wish.onEvents), resolve });
      this.#fill();
    });
  }

  revisionOf(event: unknown): number {
    return Number((event as WatchEvent).kv.modRevision);
  }

  valueOf(event: unknown): Buffer {
    return Buffer.from((event as WatchEvent).kv.value);
  }

  close(): void {
    this.#closed = true;
    this.#call.cancelWithStatus(status.CANCELLED, "closed");
    this.#client.close();
  }

  #open(): Call {
    const call = this.#client.getChannel().createCall("/etcdserverpb.Watch/Watch", Infinity, null, null, null);
    const onMessage = { lazy: this.#onLazy, "ts-proto": this.#onTsProto, none: this.#onBytes }[this.#decode];
    call.start(new Metadata(), {
      onReceiveMetadata: () => undefined,
      onReceiveMessage: (message: Buffer | null) => {
        if (message === null) return;
        call.startRead();
        onMessage(message);
      },
      onReceiveStatus: () => {
        if (this.#closed) return;
        this.#waiting = [...this.#byId.values(), ...this.#inFlight, ...this.#waiting];
        this.#byId.clear();
        this.#inFlight = [];
        this.#unwritten = [];
        this.#isWriting = false;
        this.#call = this.#open();
        this.#fill();
      },
    });
    call.startRead();
    return call;
  }

  #write(message: Buffer): void {
    if (this.#isWriting) this.#unwritten.push(message);
    else this.#send(message);
  }

  #send(message: Buffer): void {
    this.#isWriting = true;
    const call = this.#call;
    const callback = (): void => {
      if (call !== this.#call) return;
      this.#isWriting = false;
      const next = this.#unwritten.shift();
      if (next !== undefined) this.#send(next);
    };
    call.sendMessageWithContext({ callback }, message);
  }

  #fill(): void {
    while (this.#inFlight.length < WINDOW) {
      const watch = this.#waiting.shift();
      if (watch === undefined) return;
      this.#inFlight.push(watch);
      const value = { ...WatchCreateRequest.create(), key: Buffer.from(watch.wish.key) };
      this.#write(Buffer.from(WatchRequest.encode({ requestUnion: { $case: "createRequest", value } }).finish()));
    }
  }

  #created(watchId: bigint | number): void {
    const watch = this.#inFlight.shift();
    if (watch === undefined) throw new Error("An answer that nobody waits for");
    this.#byId.set(watchId, watch);
    this.#only[0] = watch;
    watch.resolve();
    this.#fill();
  }

  #onLazy = (bytes: Buffer): void => {
    const { created, watchId, events } = decodeWatchMessage(bytes);
    if (created) {
      this.#created(watchId);
      return;
    }
    const watch = this.#byId.get(watchId);
    if (watch === undefined) return;
    if (watch.wish.touch === true) for (const event of events) touchEvent(event);
    watch.give(events.length, events[events.length - 1]);
  };

  #onTsProto = (bytes: Buffer): void => {
    const { created, watchId, events } = WatchResponse.decode(bytes);
    if (created) this.#created(watchId);
    else this.#byId.get(watchId)?.give(events.length, events[events.length - 1]);
  };

  #onBytes = (bytes: Buffer): void => {
    if (this.#inFlight.length > 0) this.#created(WatchResponse.decode(bytes).watchId);
    else this.#only[0]?.give(eventsPerResponse(this.#only[0].wish.key), undefined);
  };
}

function eventsPerResponse(key: string): number {
  return Number(key.split("/")[1] ?? 1);
}
