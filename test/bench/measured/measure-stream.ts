import type { MeasuredClient } from "./measured-client.ts";
import type { LatencyAnswer, ThroughputAnswer } from "./orders.ts";
import { TIME_DIGITS } from "../load/response-template.ts";

/** From the first delivery to the last: connecting and creating are measured elsewhere. */
export async function measureThroughput(
  client: MeasuredClient,
  { key, events, touch }: { key: string; events: number; touch: boolean },
): Promise<ThroughputAnswer> {
  let seen = 0;
  let beganMs = 0;
  let cpu = process.cpuUsage();
  await new Promise<void>((resolve) => {
    const onEvents = (count: number): undefined => {
      if (seen === 0) {
        beganMs = performance.now();
        cpu = process.cpuUsage();
      }
      seen += count;
      if (seen >= events) resolve();
    };
    void client.watch({ key, touch, onEvents });
  });
  const ms = performance.now() - beganMs;
  const { user, system } = process.cpuUsage(cpu);
  await client.close();
  if (seen !== events) throw new Error(`${seen} events came of ${events}`);
  return { ms, cpuMs: (user + system) / 1_000 };
}

export async function measureLatency(client: MeasuredClient, { key, events }: { key: string; events: number }): Promise<LatencyAnswer> {
  const tookUs: number[] = [];
  await new Promise<void>((resolve) => {
    const onEvents = (count: number, last: unknown): undefined => {
      const nowNs = Number(process.hrtime.bigint());
      for (let each = 0; each < count; each++) tookUs.push((nowNs - sentNs(client.valueOf(last))) / 1_000);
      if (tookUs.length >= events) resolve();
    };
    void client.watch({ key, onEvents });
  });
  await client.close();
  tookUs.splice(0, Math.floor(tookUs.length / 5)); // the first ones find code that has not run before
  tookUs.sort((a, b) => a - b);
  const at = (share: number): number => tookUs[Math.floor(tookUs.length * share)] ?? NaN;
  return { p50Us: at(0.5), p99Us: at(0.99) };
}

/** The clock of the whole machine that the server wrote at the end of the value, in ns. */
export function sentNs(value: Buffer): number {
  return Number(value.toString("latin1", value.length - TIME_DIGITS));
}
