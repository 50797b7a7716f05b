import { Election } from "etcd-watch";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { connect } from "../support/clients.ts";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import { mustBeFoundInCi } from "../support/etcd-in-ci.ts";
import { Etcdctl, etcdctlFor } from "../support/etcdctl.ts";
import { eventually } from "../support/eventually.ts";

/** A candidate of Go's concurrency package, which `etcdctl elect` is. */
function startCandidate(etcdctl: Etcdctl, value: string) {
  const child = etcdctl.start(["elect", "elections/jobs", value]);
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
  const closed = new Promise((resolve) => child.once("close", resolve));
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  return {
    leads: () => eventually(() => said.includes(value)),
    isQuiet: () => said === "",
    end: () => {
      child.kill("SIGINT");
      return closed;
    },
  };
}

for (const binary of findEtcdBinaries()) {
  const path = etcdctlFor(binary);
  if (path === undefined) continue;
  describe(`etcdctl elect beside etcd ${binary.version}`, () => {
    it("stands for the same election as Election", { timeout: 60_000 }, async () => {
      await using server = await MockEtcdServer.start();
      const etcdctl = new Etcdctl(path, server.endpoint);
      const election = new Election(connect(server.endpoint), { prefix: "elections/jobs", value: "node", ttlSeconds: 2 });
      const client = connect(server.endpoint);
      const candidates = async (): Promise<bigint> => (await client.kv.get("elections/jobs/", { prefix: true, countOnly: true })).count;

      const first = startCandidate(etcdctl, "first");
      await first.leads();
      const waiting = election.campaign();
      await eventually(async () => (await candidates()) === 2n);
      await expect(Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 200))])).resolves.toBeUndefined();
      await first.end();
      const term = await waiting;
      for await (const leader of election.observe()) {
        expect(leader?.valueText).toBe("node");
        break;
      }

      const last = startCandidate(etcdctl, "last");
      await eventually(async () => (await candidates()) === 2n);
      expect(last.isQuiet()).toBe(true);
      await term.release();
      await last.leads();
      await last.end();
    });
  });
}

mustBeFoundInCi(
  "etcdctl, which stands for elections",
  findEtcdBinaries().filter((binary) => etcdctlFor(binary) !== undefined),
);
