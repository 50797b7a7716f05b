import { describe, expect, it } from "vitest";
import { RequestOp, TxnRequest } from "../../../../src/gen/rpc.ts";
import { Lessor } from "../../../../src/mock-server/store/lessor.ts";
import { MvccStore } from "../../../../src/mock-server/store/mvcc-store.ts";
import { checkPlan, planTxn } from "../../../../src/mock-server/store/txn.ts";

const key = Buffer.from("k");

describe("checkPlan", () => {
  it("looks at every put before it looks at a range, nested ones included", () => {
    const leases = new Lessor(() => 0.5);
    const store = new MvccStore({ leases });
    const future = RequestOp.fromPartial({ request: { $case: "requestRange", value: { key, revision: 99n } } });
    const withoutLease = RequestOp.fromPartial({ request: { $case: "requestPut", value: { key, lease: 7n } } });
    const nested = RequestOp.fromPartial({ request: { $case: "requestTxn", value: { success: [withoutLease] } } });
    for (const second of [withoutLease, nested]) {
      const plan = planTxn(store, TxnRequest.fromPartial({ success: [future, second] }));
      expect(() => {
        checkPlan(store, leases, plan);
      }).toThrow("requested lease not found");
    }
  });

  it("refuses to keep the value of a key that an open-ended delete beside it takes, before anything is written", () => {
    const leases = new Lessor(() => 0.5);
    const store = new MvccStore({ leases });
    store.write((txn) => {
      txn.put(key, Buffer.from("1"), 0n);
    });
    const deleteAll = RequestOp.fromPartial({ request: { $case: "requestDeleteRange", value: { key, rangeEnd: Buffer.from([0]) } } });
    const keepValue = RequestOp.fromPartial({ request: { $case: "requestPut", value: { key, ignoreValue: true } } });
    const check = (success: RequestOp[]) => (): void => {
      checkPlan(store, leases, planTxn(store, TxnRequest.fromPartial({ success })));
    };
    expect(check([deleteAll, keepValue])).toThrow("key not found");
    expect(check([keepValue, deleteAll])).not.toThrow();
  });
});
