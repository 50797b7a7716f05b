import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { ConnectionStates, type StateChange } from "../../../src/transport/connection-states.ts";

const A = "a:1";
const failure = { error: new Error("refused"), attempt: 1, retryInMs: 0 };

async function collect(changes: AsyncIterable<StateChange>): Promise<string[]> {
  const seen: string[] = [];
  for await (const { state, endpoint } of changes) seen.push(`${state} ${endpoint}`);
  return seen;
}

function recorded(act: (states: ConnectionStates) => void): Promise<string[]> {
  const states = new ConnectionStates(A);
  const changes = states.changes();
  act(states);
  states.close();
  return collect(changes);
}

describe("ConnectionStates", () => {
  it("makes one sequence of two connections to one endpoint", async () => {
    const seen = await recorded((states) => {
      states.connecting("streams", A);
      states.connected("streams", A);
      states.connecting("requests", A);
      states.connected("requests", A);
    });
    expect(seen).toEqual(["connecting a:1", "connected a:1", "closed a:1"]);
  });

  it("tells one cut once, also when one connection is back before the other is missed", async () => {
    const seen = await recorded((states) => {
      states.connected("streams", A);
      states.connected("requests", A);
      states.lost("streams", A);
      states.connecting("streams", A);
      states.connected("streams", A);
      states.lost("requests", A);
    });
    expect(seen).toEqual(["connected a:1", "disconnected a:1", "connecting a:1", "connected a:1", "closed a:1"]);
  });

  it("tells a failed try once, by the connection that began it", async () => {
    const seen = await recorded((states) => {
      states.connecting("streams", A);
      states.connecting("requests", A);
      states.failed("requests", A, failure);
      states.failed("streams", A, failure);
    });
    expect(seen).toEqual(["connecting a:1", "disconnected a:1", "closed a:1"]);
  });

  it("lets the next one begin when a try was abandoned", async () => {
    const seen = await recorded((states) => {
      states.connecting("streams", A);
      states.abandoned("streams", A);
      states.connecting("requests", A);
      states.failed("requests", A, failure);
    });
    expect(seen).toEqual(["connecting a:1", "connecting a:1", "disconnected a:1", "closed a:1"]);
  });

  it("keeps the endpoints apart", async () => {
    const seen = await recorded((states) => {
      states.connected("streams", A);
      states.connecting("streams", "b:1");
      states.connected("streams", "b:1");
      states.lost("streams", A);
    });
    expect(seen).toEqual(["connected a:1", "connecting b:1", "connected b:1", "disconnected a:1", "closed a:1"]);
  });

  it("knows the latest change", () => {
    const states = new ConnectionStates(A);
    expect(states.latest).toMatchObject({ state: "disconnected", endpoint: A, attempt: 0 });
    states.connecting("streams", A);
    states.failed("streams", A, { ...failure, retryInMs: 7 });
    expect(states.latest).toEqual({ state: "disconnected", endpoint: A, ...failure, retryInMs: 7 });
  });

  it("ends a reader on abort, on return and after close, and leaves no listener behind", async () => {
    const states = new ConnectionStates(A);
    const abort = new AbortController();
    const aborted = collect(states.changes({ signal: abort.signal }));
    abort.abort();
    expect(await aborted).toEqual([]);
    const left = states.changes({ signal: new AbortController().signal });
    await left.return?.();
    expect(await left.next()).toEqual({ done: true, value: undefined });
    const { signal } = new AbortController();
    const returned = states.changes({ signal });
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    await returned.return?.();
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    states.close();
    expect(await collect(states.changes())).toEqual([]);
  });

  it("takes its listener off the signal when the client closes", async () => {
    const states = new ConnectionStates(A);
    const { signal } = new AbortController();
    const changes = states.changes({ signal });
    states.close();
    expect(await collect(changes)).toEqual(["closed a:1"]);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
  });

  it("ends at once for a signal that is aborted already", async () => {
    const states = new ConnectionStates(A);
    const changes = states.changes({ signal: AbortSignal.abort() });
    states.connecting("streams", A);
    expect(await collect(changes)).toEqual([]);
  });

  it("drops the oldest changes of a reader that does not read", async () => {
    const states = new ConnectionStates(A);
    const changes = states.changes();
    for (let turn = 0; turn < 600; turn++) {
      states.connected("streams", A);
      states.lost("streams", A);
    }
    states.close();
    const seen = await collect(changes);
    expect(seen).toHaveLength(1_024);
    expect(seen.at(-1)).toBe("closed a:1");
  });
});
