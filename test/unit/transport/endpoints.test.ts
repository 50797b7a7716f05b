import { describe, expect, it } from "vitest";
import { parseEndpoint, parseEndpoints } from "../../../src/transport/endpoints.ts";
import { showValue } from "../../../src/util/option-check.ts";

describe("parseEndpoint()", () => {
  it.each([
    ["127.0.0.1:2379", "dns:127.0.0.1:2379", "none"],
    ["localhost", "dns:localhost:2379", "none"],
    ["http://etcd-0.etcd:2379", "dns:etcd-0.etcd:2379", "http"],
    ["http://etcd-0.etcd:2379/", "dns:etcd-0.etcd:2379", "http"],
    ["https://etcd.example.com:443", "dns:etcd.example.com:443", "https"],
    ["[::1]:2379", "dns:[::1]:2379", "none"],
    ["unix:///run/etcd.sock", "unix:/run/etcd.sock", "unix"],
    [" host:1 ", "dns:host:1", "none"],
  ])("reads %j", (endpoint, target, scheme) => {
    expect(parseEndpoint(endpoint)).toEqual({ name: endpoint.trim(), target, scheme });
  });

  it.each([
    "",
    "ftp://host:1",
    "host:0",
    "host:65536",
    "host:port",
    "http://",
    "host:1/path",
    "a b:1",
    "user@host:1",
    "unix:",
    "::1",
    "a,b",
    "a:1,b:2",
    "http://a,b:1",
  ])("refuses %j and shows it", (endpoint) => {
    expect(() => parseEndpoint(endpoint)).toThrow(TypeError);
    expect(() => parseEndpoint(endpoint)).toThrow(showValue(endpoint));
  });

  it.each([undefined, null, 2379, 5n, {}])("refuses %o, which is no string, and shows it", (endpoint) => {
    expect(() => parseEndpoint(endpoint)).toThrow(`got ${showValue(endpoint)}`);
    expect(() => parseEndpoint(endpoint)).toThrow(TypeError);
  });
});

describe("parseEndpoints()", () => {
  it("takes one or many, in order, each once", () => {
    expect(parseEndpoints("a:1").map(({ name }) => name)).toEqual(["a:1"]);
    expect(parseEndpoints(["b:1", "a:1", "b:1"]).map(({ name }) => name)).toEqual(["b:1", "a:1"]);
  });

  it.each([[undefined], [null], [5n], [[5n]], [new Set(["a:1"])], ["a:1,b:2"]])("refuses %o", (endpoints) => {
    expect(() => parseEndpoints(endpoints as never)).toThrow(TypeError);
  });

  it("refuses an empty list", () => {
    expect(() => parseEndpoints([])).toThrow(TypeError);
  });
});
