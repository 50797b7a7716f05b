import { describe, expect, it } from "vitest";
import { KeyValue } from "../../../src/model/key-value.ts";
import { DeleteEvent, PutEvent } from "../../../src/model/watch-event.ts";

const kv = (createRevision: bigint, modRevision: bigint, version: bigint, value = ""): KeyValue =>
  KeyValue.from({ key: Buffer.from("a"), value: Buffer.from(value), createRevision, modRevision, version, lease: 0n });

describe("PutEvent", () => {
  it("is a create when the key did not exist", () => {
    const event = new PutEvent(kv(4n, 4n, 1n), undefined);
    expect([event.type, event.isCreate, event.isModify]).toEqual(["put", true, false]);
  });

  it("is a modify when the key existed", () => {
    const event = new PutEvent(kv(4n, 9n, 2n), kv(4n, 4n, 1n));
    expect([event.type, event.isCreate, event.isModify]).toEqual(["put", false, true]);
  });

  it("has etcdctl's JSON form: no type", () => {
    const event = new PutEvent(kv(4n, 9n, 2n, "x"), kv(4n, 4n, 1n));
    expect(JSON.stringify(event)).toBe(
      '{"kv":{"key":"YQ==","create_revision":4,"mod_revision":9,"version":2,"value":"eA=="},"prev_kv":{"key":"YQ==","create_revision":4,"mod_revision":4,"version":1}}',
    );
  });
});

describe("DeleteEvent", () => {
  it("is neither a create nor a modify", () => {
    const event = new DeleteEvent(kv(0n, 7n, 0n), undefined);
    expect([event.type, event.isCreate, event.isModify]).toEqual(["delete", false, false]);
  });

  it("has etcdctl's JSON form: type 1", () => {
    expect(JSON.stringify(new DeleteEvent(kv(0n, 7n, 0n), undefined))).toBe('{"type":1,"kv":{"key":"YQ==","mod_revision":7}}');
  });
});
