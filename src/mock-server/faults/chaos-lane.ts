import { resetSocket } from "../network/reset-socket.ts";
import type { Socket } from "node:net";
import type { Timer } from "../../util/clock.ts";
import { Deque } from "../../util/deque.ts";
import type { LinkConditions } from "./link-conditions.ts";

type Parcel = { readonly kind: "bytes"; bytes: Buffer; readonly dueMs: number } | { readonly kind: "end" | "reset" };

/** What a lane holds before it lets the sender feel it. */
const MOST_BYTES = 64 * 1024;
/** A slow link hands on what it is due this often. */
const SLICE_MS = 20;

/** How many more bytes may pass before all is cut. Lanes may share one. */
export interface Allowance {
  bytes: number;
}

export interface ChaosLaneOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly conditions: LinkConditions;
  readonly allowance: Allowance;
  /** Called once the last byte that may pass is on its way. */
  readonly onCut: () => void;
}

/** One direction of one connection, byte for byte in order: as fast, as late and as far as the conditions let it. */
export class ChaosLane {
  readonly #options: ChaosLaneOptions;
  readonly #parcels = new Deque<Parcel>();
  #heldBytes = 0;
  #timer: Timer | undefined;
  #state: "open" | "sink-full" | "closed" = "open";

  constructor(options: ChaosLaneOptions) {
    this.#options = options;
    const { from, to, conditions } = options;
    from.on("data", (bytes) => {
      if (this.#state === "closed") return;
      this.#heldBytes += bytes.length;
      this.#push({ kind: "bytes", bytes, dueMs: conditions.clock.nowMs() + conditions.delayMs });
      if (this.#heldBytes >= MOST_BYTES) from.pause();
    });
    from.on("end", () => {
      this.#push({ kind: "end" });
    });
    from.on("error", () => {
      this.#push({ kind: "reset" });
    });
    to.on("drain", () => {
      if (this.#state === "sink-full") this.#state = "open";
      this.pump();
    });
  }

  /** Nothing passes any more; neither socket is touched. */
  close(): void {
    this.#state = "closed";
    this.#timer?.cancel();
    this.#parcels.clear();
  }

  /** Hands on what may be handed on now. To be called when conditions have changed. */
  pump(): void {
    const { conditions, from, to } = this.#options;
    this.#timer?.cancel();
    this.#timer = undefined;
    while (this.#state === "open" && conditions.traffic === "running") {
      const parcel = this.#parcels.peek();
      if (parcel === undefined) return;
      if (parcel.kind !== "bytes") {
        this.#parcels.shift();
        if (parcel.kind === "end") to.end();
        else resetSocket(to);
        continue;
      }
      const earlyMs = parcel.dueMs - conditions.clock.nowMs();
      if (earlyMs > 0) {
        this.#pumpLater(earlyMs);
        return;
      }
      const sent = this.#send(parcel);
      if (this.#heldBytes < MOST_BYTES) from.resume();
      if (Number.isFinite(conditions.bytesPerSecond)) {
        this.#pumpLater((sent / conditions.bytesPerSecond) * 1000);
        return;
      }
    }
  }

  #push(parcel: Parcel): void {
    if (this.#state === "closed") return;
    this.#parcels.push(parcel);
    if (this.#timer === undefined) this.pump();
  }

  /** Sends the head, or as much of it as may go. */
  #send(parcel: { bytes: Buffer }): number {
    const { conditions, to, allowance, onCut } = this.#options;
    const most = Math.max(1, Math.floor((conditions.bytesPerSecond * SLICE_MS) / 1000));
    const slice = parcel.bytes.subarray(0, Math.min(most, allowance.bytes));
    allowance.bytes -= slice.length;
    this.#heldBytes -= slice.length;
    if (slice.length === parcel.bytes.length) this.#parcels.shift();
    else parcel.bytes = parcel.bytes.subarray(slice.length);
    if (allowance.bytes === 0) {
      this.close();
      to.write(slice, onCut);
    } else if (!to.write(slice)) this.#state = "sink-full";
    return slice.length;
  }

  #pumpLater(delayMs: number): void {
    this.#timer = this.#options.conditions.clock.setTimer(delayMs, () => {
      this.pump();
    });
  }
}
