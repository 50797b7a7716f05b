/**
 * An etcd server in memory, behind a real gRPC port, and what breaks the connections to it: for tests.
 *
 * @packageDocumentation
 * @module etcd-watch/mock-server
 */

export { MockEtcdServer } from "./mock-etcd-server.ts";
export type { MockEtcdServerOptions, TlsOptions } from "./server-options.ts";
export type { ServerLimits } from "./server-state.ts";
export type { MetricsSnapshot } from "./server-metrics.ts";
export type { Compatibility } from "./behaviour.ts";
export type { CallDelay, CallFailure } from "./faults/fault-injector.ts";
export { ChaosProxy } from "./faults/chaos-proxy.ts";
export type { ChaosProxyOptions } from "./faults/chaos-proxy.ts";
export { ScriptedWatchServer } from "./scripted/scripted-watch-server.ts";
export type { ScriptedWatchServerOptions } from "./scripted/scripted-watch-server.ts";
export type { ScriptedResponse, ScriptedWatchStream, StreamEnd } from "./scripted/scripted-watch-stream.ts";
export type { ConnectionFaults } from "./faults/connection-faults.ts";
export type { ServerFaults } from "./faults/server-faults.ts";
export { RefusedError } from "./refused-error.ts";
export type { Clock, Timer } from "../util/clock.ts";
