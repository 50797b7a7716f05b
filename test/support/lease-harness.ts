import type { LeaseKeepAliveResponse } from "../../src/client/lease-responses.ts";
import { Lease } from "../../src/client/lease.ts";
import { LeaseGrantResponse } from "../../src/gen/rpc.ts";
import type { BackoffOptions } from "../../src/util/backoff.ts";
import { FakeClock } from "./fake-clock.ts";
import { KeepAliveTransport } from "./keep-alive-server.ts";
import { HEADER } from "./kv-harness.ts";
import { settle } from "./watcher-harness.ts";

/** A `Lease` of which everything outside is the test's: transport, time, chance, log. */
export interface LeaseHarness {
  readonly lease: Lease;
  readonly transport: KeepAliveTransport;
  readonly clock: FakeClock;
  /** "debug: message" for each line of the log. */
  readonly log: string[];
  /** Lets time pass, and all happen that it sets off. */
  readonly pass: (byMs: number) => Promise<void>;
  /** Lets the server grant a lease. */
  readonly grant: (id: bigint, ttlSeconds: number) => Promise<void>;
}

/** By default without jitter, each reconnect comes at once. */
const NO_DELAY = { baseMs: 20, maxMs: 3_000, random: () => 0 };

export function leaseHarness({
  backoff = NO_DELAY,
  clock = new FakeClock(),
}: { backoff?: BackoffOptions; clock?: FakeClock } = {}): LeaseHarness {
  const transport = new KeepAliveTransport(clock);
  const log: string[] = [];
  const at = (level: string) => (message: string) => {
    log.push(`${level}: ${message}`);
  };
  const logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const lease = new Lease({ transport, requestTimeoutMs: 5_000, backoff, logger, clock });
  const pass = async (byMs: number): Promise<void> => {
    await settle(); // or what was set off before could set its timers too late
    clock.advance(byMs);
    await settle();
  };
  const grant = async (id: bigint, ttlSeconds: number): Promise<void> => {
    const answer = lease.grant(ttlSeconds, { id });
    transport.calls.at(-1)?.answer(LeaseGrantResponse.encode({ header: HEADER, ID: id, TTL: BigInt(ttlSeconds), error: "" }).finish());
    await answer;
  };
  return { lease, transport, clock, log, pass, grant };
}

/** What a loop over the renewals of a lease sees. */
export interface KeepAliveReading {
  readonly answers: LeaseKeepAliveResponse[];
  /** "quietly", or what the loop threw; undefined while it goes on. */
  outcome: unknown;
}

/** Reads in the background. */
export function readRenewals(renewals: AsyncIterable<LeaseKeepAliveResponse>): KeepAliveReading {
  const reading: KeepAliveReading = { answers: [], outcome: undefined };
  const read = async (): Promise<void> => {
    try {
      for await (const answer of renewals) reading.answers.push(answer);
      reading.outcome = "quietly";
    } catch (error) {
      reading.outcome = error;
    }
  };
  void read();
  return reading;
}
