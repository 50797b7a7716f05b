import { afterAll, describe, expect, it } from "vitest";
import { type ClientOptions, clientSettings } from "../../../src/client/client-options.ts";
import { EtcdClient } from "../../../src/client/etcd-client.ts";

const loose = (options: unknown): ClientOptions => ({ endpoints: "127.0.0.1:1", ...(options as object) });

describe("clientSettings()", () => {
  it("takes console as logger, and a backoff with one bound", () => {
    expect(() => clientSettings(loose({ logger: console }))).not.toThrow();
    expect(clientSettings(loose({ backoff: { maxMs: 10 } })).backoff).toEqual({ baseMs: 10, maxMs: 10 });
    expect(clientSettings(loose({ backoff: { baseMs: 10 } })).backoff).toEqual({ baseMs: 10, maxMs: 3_000 });
  });

  it.each([[undefined], [null], [5], ["127.0.0.1:2379"]])("refuses %o in place of options", (options) => {
    expect(() => clientSettings(options as never)).toThrow(/^EtcdClient needs options: .*, got /);
  });

  it("takes a namespace that is not empty", () => {
    expect(clientSettings(loose({ namespace: "x/" })).namespace).toBeDefined();
    expect(clientSettings(loose({})).namespace).toBeUndefined();
    expect(() => clientSettings(loose({ namespace: "" }))).toThrow(TypeError);
    expect(() => clientSettings(loose({ namespace: 5 }))).toThrow(TypeError);
  });

  it("keeps a user and a password of its own", () => {
    const auth = { username: "root", password: "" };
    const settings = clientSettings(loose({ auth }));
    auth.username = "other";
    expect(settings.auth).toEqual({ username: "root", password: "" });
  });

  it.each([
    [{ auth: null }, "auth takes a plain object, got object"],
    [{ auth: "root:secret" }, "auth takes a plain object, got string"],
    [{ auth: { username: "root" } }, "auth.password must be a string, got undefined"],
    [{ auth: { username: "root", password: { secret: 1 } } }, "auth.password must be a string, got object"],
    [{ auth: { username: "", password: "secret" } }, "auth.username must be a string that is not empty, got ''"],
    [{ auth: { username: 5, password: "secret" } }, "auth.username must be a string that is not empty, got 5"],
    [{ auth: { user: "root", password: "secret" } }, "auth does not take user (string)"],
  ])("refuses %o, and shows no password", (options, message) => {
    expect(() => clientSettings(loose(options))).toThrow(TypeError);
    expect(() => clientSettings(loose(options))).toThrow(message);
    expect(() => clientSettings(loose(options))).not.toThrow("secret");
  });

  it.each([
    [{ requestTimeout: 5 }, TypeError, "EtcdClient does not take requestTimeout (number)"],
    [{ password: "secret" }, TypeError, "EtcdClient does not take password (string)"],
    [{ requireLeader: null }, TypeError, "requireLeader of EtcdClient must be true or false"],
    [{ endpoints: "a,b" }, TypeError, "got 'a,b'"],
    [{ endpoints: [5n] }, TypeError, "got 5n"],
    [{ requestTimeoutMs: null }, RangeError, "got null"],
    [{ connectTimeoutMs: 5n }, RangeError, "got 5n"],
    [{ keepAliveTimeoutMs: "x" }, RangeError, "got 'x'"],
    [{ maxReceiveBytes: 1.5 }, RangeError, "got 1.5"],
    [{ backoff: null }, TypeError, "got null"],
    [{ backoff: 5 }, TypeError, "got 5"],
    [{ backoff: { base: 5 } }, TypeError, "backoff does not take base (5)"],
    [{ backoff: { baseMs: -1 } }, RangeError, "got -1"],
    [{ backoff: { baseMs: 500, maxMs: 3 } }, RangeError, "got 500 and 3"],
    [{ watchBuffer: null }, TypeError, "watchBuffer takes a plain object, got null"],
    [{ watchBuffer: 5 }, TypeError, "got 5"],
    [{ watchBuffer: { max: 5 } }, TypeError, "watchBuffer does not take max (5)"],
    [{ watchBuffer: { maxBytes: 0 } }, RangeError, "watchBuffer.maxBytes must be a positive integer, got 0"],
    [{ logger: null }, TypeError, "got null"],
    [{ logger: 5 }, TypeError, "got 5"],
    [{ logger: { info: () => undefined } }, TypeError, "logger must have the methods debug, info, warn and error"],
    [{ tls: null }, TypeError, "tls takes a plain object, got null"],
    [{ tls: 5 }, TypeError, "tls takes a plain object, got number"],
    [{ tls: { caa: "secret" } }, TypeError, "tls does not take caa (string)"],
    [{ tls: { ca: 5 } }, TypeError, "tls.ca must be a string or a Uint8Array, got number"],
    [{ tls: { cert: "c", key: { secret: 1 } } }, TypeError, "tls.key must be a string or a Uint8Array, got object"],
    [{ tls: { serverName: 5 } }, TypeError, "tls.serverName must be a string, got 5"],
    [{ tls: { rejectUnauthorized: "no" } }, TypeError, "rejectUnauthorized of tls must be true or false"],
  ])("refuses %o", (options, errorClass, message) => {
    expect(() => clientSettings(loose(options))).toThrow(errorClass);
    expect(() => clientSettings(loose(options))).toThrow(message);
  });
});

describe("EtcdClient, called wrongly", () => {
  const client = new EtcdClient({ endpoints: "127.0.0.1:1" });
  afterAll(() => client.close());

  const options: [unknown, typeof TypeError | typeof RangeError, string][] = [
    [null, TypeError, "got null"],
    [5, TypeError, "got 5"],
    [{ foo: 1 }, TypeError, "does not take foo (1)"],
    [{ signal: null }, TypeError, "got null"],
    [{ signal: {} }, TypeError, "got {}"],
  ];
  const timeouts = [null, 0, -1, NaN, "5"].map((timeoutMs): (typeof options)[0] => [{ timeoutMs }, RangeError, "timeoutMs must be"]);

  it.each([...options, ...timeouts])("ready(%o) throws at once", (given, errorClass, shown) => {
    expect(() => client.ready(given as never)).toThrow(errorClass);
    expect(() => client.ready(given as never)).toThrow(shown);
  });

  it.each([...options, ...timeouts])("syncEndpoints(%o) throws at once", (given, errorClass, shown) => {
    expect(() => client.syncEndpoints(given as never)).toThrow(errorClass);
    expect(() => client.syncEndpoints(given as never)).toThrow(shown);
  });

  it.each(options)("stateChanges(%o) throws at once", (given, errorClass, shown) => {
    expect(() => client.stateChanges(given as never)).toThrow(errorClass);
    expect(() => client.stateChanges(given as never)).toThrow(shown);
  });
});
