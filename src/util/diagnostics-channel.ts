import { channel } from "node:diagnostics_channel";

/** A channel of `node:diagnostics_channel` whose messages have a type. Build one only if `hasSubscribers`. */
export interface DiagnosticsChannel<Message> {
  readonly hasSubscribers: boolean;
  publish(message: Message): void;
}

/** Nothing but a name, until somebody subscribes to it. */
export function diagnosticsChannel<Message>(name: string): DiagnosticsChannel<Message> {
  return channel(name);
}
