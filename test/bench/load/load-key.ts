/** What a watch gets is written in its key, so that every client can ask for it in its own way. */
export type Load =
  /** Nothing, until the parent orders a put. */
  | { readonly kind: "idle" }
  /** Responses, as fast as they are taken. */
  | { readonly kind: "fire"; readonly eventsPerResponse: number; readonly valueBytes: number; readonly responses: number }
  /** One event each `everyMs`, whose value ends with the time. */
  | { readonly kind: "tick"; readonly everyMs: number; readonly count: number };

export function loadKey(load: Load): string {
  switch (load.kind) {
    case "idle":
      return "idle";
    case "fire":
      return `fire/${load.eventsPerResponse}/${load.valueBytes}/${load.responses}`;
    case "tick":
      return `tick/${load.everyMs}/${load.count}`;
  }
}

export function parseLoadKey(key: string): Load {
  const [kind, ...rest] = key.split("/");
  const [first = 0, second = 0, third = 0] = rest.map(Number);
  if (kind === "fire") return { kind, eventsPerResponse: first, valueBytes: second, responses: third };
  if (kind === "tick") return { kind, everyMs: first, count: second };
  return { kind: "idle" };
}
