import { ChaosProxy } from "etcd-watch/mock-server";
import { onTestFinished } from "vitest";

/** A TCP proxy before `target` that is closed when the test is over. */
export async function startProxy(target: string): Promise<ChaosProxy> {
  const proxy = await ChaosProxy.start({ target });
  onTestFinished(() => proxy.close());
  return proxy;
}
