/** Colours for a terminal, and none elsewhere. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly mark: (text: string) => string;
  /** Of the two context values. */
  readonly lane: Readonly<Record<Lane, (text: string) => string>>;
}

/** A context value: watches of one lane share a gRPC stream, those of two lanes never do. */
export type Lane = "A" | "B";

/** Colour is for people at a terminal who have not asked for none (https://no-color.org). */
export function styleFor(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): Style {
  const isWanted = stream.isTTY === true && (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb";
  const paint =
    (code: number, end: number) =>
    (text: string): string =>
      isWanted && text !== "" ? `\u001b[${code}m${text}\u001b[${end}m` : text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    good: paint(32, 39),
    bad: paint(31, 39),
    mark: paint(33, 39),
    lane: { A: paint(36, 39), B: paint(35, 39) },
  };
}

/** 12,345 */
export function grouped(value: bigint | number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** 1 write, 2 writes */
export function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}
