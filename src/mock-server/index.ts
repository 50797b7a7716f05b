export { MockEtcdServer } from "./mock-etcd-server.ts";
export type { MockEtcdServerOptions, TlsOptions } from "./server-options.ts";
export type { MetricsSnapshot } from "./server-metrics.ts";
export type { Compatibility } from "./behaviour.ts";
export type { CallDelay, CallFailure } from "./faults/fault-injector.ts";
export { ChaosProxy } from "./faults/chaos-proxy.ts";
export type { ChaosProxyOptions } from "./faults/chaos-proxy.ts";
