// A proxy that delays what passes, each way, in a process of its own.
import { ChaosProxy } from "etcd-watch/mock-server";

const [, , target = "", delayMs = "0"] = process.argv;
const proxy = await ChaosProxy.start({ target, delayMs: Number(delayMs) });
process.on("disconnect", () => process.exit());
process.send?.(proxy.endpoint);
