/** Text, or bytes that need be no text. */
export type Line = string | Uint8Array;

const NEWLINE = Buffer.from("\n");

/** The lines one below the other, each ended. */
export function lines(all: readonly Line[]): Buffer {
  return Buffer.concat(all.flatMap((line) => [typeof line === "string" ? Buffer.from(line) : line, NEWLINE]));
}

/** A lease's id as etcdctl prints it. */
export function leaseText(id: bigint): string {
  return id < 0n ? `-${(-id).toString(16).padStart(15, "0")}` : id.toString(16).padStart(16, "0");
}
