import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { DiagnosticsMessages } from "etcd-watch";
import { onTestFinished } from "vitest";

/** What a channel tells from now on, until the test is over. */
export function recordChannel<Name extends keyof DiagnosticsMessages>(name: Name): DiagnosticsMessages[Name][] {
  const messages: DiagnosticsMessages[Name][] = [];
  const listen = (message: unknown): void => {
    messages.push(message as DiagnosticsMessages[Name]);
  };
  subscribe(name, listen);
  onTestFinished(() => {
    unsubscribe(name, listen);
  });
  return messages;
}
