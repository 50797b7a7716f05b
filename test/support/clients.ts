import { EtcdClient, type ClientOptions } from "etcd-watch";
import { onTestFinished } from "vitest";

/** A client that is closed when the test is over. */
export function connect(endpoint: string, options: Omit<ClientOptions, "endpoints"> = {}): EtcdClient {
  const client = new EtcdClient({ endpoints: [endpoint], ...options });
  onTestFinished(() => client.close());
  return client;
}

let prefixes = 0;

/** A part of the key space that no other test touches. */
export function uniquePrefix(): string {
  return `test-${String(process.pid)}-${String(++prefixes)}/`;
}
