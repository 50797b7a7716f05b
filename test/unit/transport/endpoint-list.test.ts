import { describe, expect, it } from "vitest";
import { EndpointList } from "../../../src/transport/endpoint-list.ts";
import { parseEndpoint, parseEndpoints } from "../../../src/transport/endpoints.ts";

describe("EndpointList", () => {
  it("goes round and round", () => {
    const list = new EndpointList(parseEndpoints(["a:1", "b:1"]));
    const used = [0, 1, 2].map(() => {
      const { current } = list;
      list.moveOn(current);
      return current.name;
    });
    expect(used).toEqual(["a:1", "b:1", "a:1"]);
  });

  it("moves on once for all that fails with one endpoint", () => {
    const list = new EndpointList(parseEndpoints(["a:1", "b:1", "c:1"]));
    const failed = list.current;
    list.moveOn(failed);
    list.moveOn(failed);
    expect(list.current.name).toBe("b:1");
  });

  it("starts with the first of a new list", () => {
    const list = new EndpointList(parseEndpoints(["a:1", "b:1"]));
    list.moveOn(parseEndpoint("a:1"));
    list.replace(parseEndpoints(["c:1", "b:1"]));
    expect([list.current.name, list.has("a:1"), list.has("b:1")]).toEqual(["c:1", false, true]);
  });
});
