import { Event } from "../../gen/kv.ts";
import { WatchResponse } from "../../gen/rpc.ts";

/**
 * Splits a response whose encoded size reaches `limitBytes` into pieces below it, each with at least one event: an event is never split,
 * and all pieces but the last say that more follows.
 */
export function splitResponse(response: WatchResponse, limitBytes: number): WatchResponse[] {
  if (response.events.length < 2) return [response];
  const sizes = response.events.map((event) => fieldBytes(Event.encode(event).finish().length));
  const withoutEvents = WatchResponse.encode({ ...response, events: [] }).finish().length;
  const total = sizes.reduce((sum, size) => sum + size, withoutEvents);
  if (total < limitBytes) return [response];

  const baseBytes = WatchResponse.encode({ ...response, events: [], fragment: true }).finish().length;
  const pieces: WatchResponse[] = [];
  let events: Event[] = [];
  let bytes = baseBytes;
  response.events.forEach((event, index) => {
    const size = sizes[index] ?? 0;
    if (events.length > 0 && bytes + size >= limitBytes) {
      pieces.push({ ...response, events, fragment: true });
      events = [];
      bytes = baseBytes;
    }
    events.push(event);
    bytes += size;
  });
  pieces.push({ ...response, events, fragment: false });
  return pieces;
}

/** An embedded message of that size as a field: a tag of one byte and its length. */
function fieldBytes(messageBytes: number): number {
  let bytes = 1 + messageBytes;
  for (let length = messageBytes; ; length = Math.floor(length / 128)) {
    bytes++;
    if (length < 128) return bytes;
  }
}
