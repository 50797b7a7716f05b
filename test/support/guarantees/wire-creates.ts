import type { WatchRecord } from "./watch-record.ts";

/**
 * Each create of a watch goes on where the last one got to: never before an earlier one, never at or before what the reader has, never
 * beyond what the server had told of.
 */
export function wireCreates({ asked, created, wire }: WatchRecord): string[] {
  const violations: string[] = [];
  let before = 0n;
  for (const { startRevision, deliveredBefore, receivedBefore } of wire?.creates ?? []) {
    const floor =
      asked.startRevision !== 0n ? asked.startRevision : created !== undefined && "revision" in created ? created.revision + 1n : 0n;
    const highest = receivedBefore + 1n > floor ? receivedBefore + 1n : floor;
    if (startRevision < before) violations.push(`it was created from ${startRevision}, after it had been from ${before}`);
    if (startRevision < asked.startRevision)
      violations.push(`it was created from ${startRevision}, and ${asked.startRevision} was asked for`);
    if (deliveredBefore !== 0n && startRevision <= deliveredBefore)
      violations.push(`it was created from ${startRevision}, and ${deliveredBefore} had been delivered`);
    if (startRevision > highest)
      violations.push(`it was created from ${startRevision}, and all that was known went up to ${receivedBefore}`);
    before = startRevision;
  }
  return violations;
}
