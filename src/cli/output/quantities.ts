const SIZES = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

/** Bytes in steps of a thousand, as etcdctl prints sizes: 20 kB, 1.5 MB. */
export function byteSize(bytes: number): string {
  if (bytes < 10) return `${String(bytes)} B`;
  const step = Math.min(Math.floor(Math.log10(bytes) / 3), SIZES.length - 1);
  const value = Math.floor((bytes / 1000 ** step) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : String(roundHalfToEven(value))} ${SIZES[step] ?? ""}`;
}

/** As Go rounds: 20.5 is 20, and 21.5 is 22. */
function roundHalfToEven(value: number): number {
  const whole = Math.floor(value);
  if (value - whole !== 0.5) return Math.round(value);
  return whole % 2 === 0 ? whole : whole + 1;
}

/** A time as Go prints it: 815.657µs, 1.854909ms, 1m2.5s. */
export function durationText(ms: number): string {
  const nanoseconds = Math.round(ms * 1e6);
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${String(nanoseconds)}ns`;
  if (nanoseconds < 1e6) return `${String(nanoseconds / 1e3)}µs`;
  if (nanoseconds < 1e9) return `${String(nanoseconds / 1e6)}ms`;
  const seconds = nanoseconds / 1e9;
  if (seconds < 60) return `${String(seconds)}s`;
  return `${String(Math.floor(seconds / 60))}m${String(Number((seconds % 60).toFixed(9)))}s`;
}
