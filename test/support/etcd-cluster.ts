import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { EtcdBinary } from "./etcd-binary.ts";
import { dataDirectory, EtcdProcess } from "./etcd-process.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { PeerNetwork } from "./peer-network.ts";

const START_ATTEMPTS = 3;
/** It is sent a snapshot first. */
const LEARNER_TIMEOUT_MS = 20_000;

interface MemberPorts {
  readonly name: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly peerUrl: string;
}

/** One member of a cluster. */
export class ClusterMember {
  readonly name: string;
  /** Where its data lies. */
  readonly dataDirectory: string;
  /** By which its peers call it. */
  readonly peerUrl: string;
  readonly #process: EtcdProcess;
  readonly #network: PeerNetwork;
  /** In hexadecimal, as its peers call it. "" until it has run. */
  id = "";

  constructor(options: { name: string; directory: string; peerUrl: string; process: EtcdProcess; network: PeerNetwork }) {
    this.name = options.name;
    this.dataDirectory = join(options.directory, "data");
    this.peerUrl = options.peerUrl;
    this.#process = options.process;
    this.#network = options.network;
  }

  /** host:port, the same after a restart. */
  get endpoint(): string {
    return this.#process.endpoint;
  }

  /** Starts it again on the same ports and data. `waitUntilHealthy: false` if the cluster has no quorum yet. */
  async restart(options: { waitUntilHealthy?: boolean } = {}): Promise<void> {
    await this.#process.kill("SIGKILL");
    await this.#process.launch(options);
  }

  /** Resolves when it has ended, or at once for SIGSTOP and SIGCONT. */
  kill(signal: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT" = "SIGKILL"): Promise<void> {
    return this.#process.kill(signal);
  }

  /** Cuts it off from its peers; clients still reach it. `EtcdCluster.heal()` ends that. */
  isolate(): void {
    this.#network.isolate(this.id);
  }

  /** Resolves when it says that it is healthy, for which it needs a leader. */
  healthy(): Promise<void> {
    return this.#process.healthy();
  }

  gauge(name: string): Promise<number> {
    return this.#process.gauge(name);
  }

  /** Its whole /metrics page. */
  metrics(): Promise<string> {
    return this.#process.metrics();
  }

  async launch(): Promise<void> {
    await this.#process.launch();
    this.id = /^etcd_server_id\{server_id="([0-9a-f]+)"\} 1$/m.exec(await this.#process.metrics())?.[1] ?? "";
    if (this.id === "") throw new Error(`${this.name} does not tell its id`);
  }

  async isLeader(): Promise<boolean> {
    return (await this.gauge("etcd_server_is_leader").catch(() => 0)) === 1; // it may not run
  }
}

/** Real etcd of three members on loopback, with data of its own that is gone after `stop()`. */
export class EtcdCluster implements AsyncDisposable {
  readonly members: readonly ClusterMember[];
  readonly #directories: string[];
  readonly #network: PeerNetwork;
  readonly #learners: ClusterMember[] = [];
  readonly #binary: EtcdBinary;
  readonly #initialCluster: string;

  private constructor(options: {
    binary: EtcdBinary;
    members: readonly ClusterMember[];
    directories: string[];
    network: PeerNetwork;
    initialCluster: string;
  }) {
    this.members = options.members;
    this.#directories = options.directories;
    this.#network = options.network;
    this.#binary = options.binary;
    this.#initialCluster = options.initialCluster;
  }

  /** Starts the members with `flags` besides those that they need, and waits until all are healthy. */
  static async start(binary: EtcdBinary, { flags = [] }: { flags?: readonly string[] } = {}): Promise<EtcdCluster> {
    for (let attempt = 1; ; attempt++) {
      const cluster = await EtcdCluster.#prepare(binary, flags);
      try {
        await Promise.all(cluster.members.map((member) => member.launch()));
        return cluster;
      } catch (error) {
        await cluster.stop();
        if (attempt === START_ATTEMPTS) throw error; // else another process took a port before etcd did
      }
    }
  }

  static async #prepare(binary: EtcdBinary, flags: readonly string[]): Promise<EtcdCluster> {
    const network = new PeerNetwork();
    const ports: MemberPorts[] = [];
    const members: ClusterMember[] = [];
    const directories: string[] = [];
    for (const name of ["one", "two", "three"]) {
      const [clientPort, peerPort] = [await freePort(), await freePort()];
      const proxyPort = await network.proxy(peerPort, () => members.find((member) => member.name === name)?.id ?? "");
      ports.push({ name, clientPort, peerPort, peerUrl: `http://127.0.0.1:${String(proxyPort)}` });
      directories.push(await dataDirectory());
    }
    const initialCluster = ports.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(",");
    for (const [index, { name, clientPort, peerPort, peerUrl }] of ports.entries()) {
      const directory = directories[index] ?? "";
      const endpoint = `127.0.0.1:${String(clientPort)}`;
      const own = [
        ...ownFlags({ name, directory, endpoint, peerPort, peerUrl }),
        ...["--initial-cluster", initialCluster, "--initial-cluster-state", "new"],
      ];
      const process = new EtcdProcess({ binary, flags: [...own, ...flags], directory, endpoint });
      members.push(new ClusterMember({ name, directory, peerUrl, process, network }));
    }
    return new EtcdCluster({ binary, members, directories, network, initialCluster });
  }

  /** A member that has no vote and may not serve watches. It is a part of the cluster until that stops. */
  async addLearner(): Promise<ClusterMember> {
    const [directory, clientPort, peerPort] = [await dataDirectory(), await freePort(), await freePort()];
    this.#directories.push(directory);
    const [name, endpoint, peerUrl] = ["learner", `127.0.0.1:${String(clientPort)}`, `http://127.0.0.1:${String(peerPort)}`];
    const leader = await this.leader();
    const body = JSON.stringify({ peerURLs: [peerUrl], isLearner: true });
    const answer = await fetch(`http://${leader.endpoint}/v3/cluster/member/add`, { method: "POST", body });
    if (!answer.ok) throw new Error(`no learner can be added: ${await answer.text()}`);
    const flags = [
      ...ownFlags({ name, directory, endpoint, peerPort, peerUrl }),
      ...["--initial-cluster", `${this.#initialCluster},${name}=${peerUrl}`, "--initial-cluster-state", "existing"],
    ];
    const process = new EtcdProcess({ binary: this.#binary, flags, directory, endpoint });
    const learner = new ClusterMember({ name, directory, peerUrl, process, network: this.#network });
    this.#learners.push(learner);
    await learner.restart({ waitUntilHealthy: false }); // its health is asked by a call that it may not serve
    // not etcd_server_is_learner: 3.4 leaves it at 0 where the learner was sent a snapshot
    await eventually(async () => (await learner.gauge("etcd_server_has_leader").catch(() => 0)) === 1, {
      timeoutMs: LEARNER_TIMEOUT_MS,
      describe: () => `the learner has not come up: ${process.said}`,
    });
    return learner;
  }

  get endpoints(): string[] {
    return this.members.map(({ endpoint }) => endpoint);
  }

  /** The one member that leads, once there is exactly one. */
  async leader(): Promise<ClusterMember> {
    let leaders: ClusterMember[] = [];
    await eventually(
      async () => {
        const areLeaders = await Promise.all(this.members.map((member) => member.isLeader()));
        leaders = this.members.filter((_, index) => areLeaders[index]);
        return leaders.length === 1;
      },
      { describe: () => `${String(leaders.length)} members say that they lead` },
    );
    const [leader] = leaders;
    if (leader === undefined) throw new Error("no member leads");
    return leader;
  }

  async followers(): Promise<ClusterMember[]> {
    const leader = await this.leader();
    return this.members.filter((member) => member !== leader);
  }

  /** Ends every isolation. */
  heal(): void {
    this.#network.heal();
  }

  /** Every member runs, nobody is cut off, and all are healthy. */
  async recover(): Promise<void> {
    this.heal();
    await Promise.all(
      this.members.map(async (member) => {
        await member.kill("SIGCONT");
        await member.healthy().catch(() => member.restart());
      }),
    );
  }

  async stop(): Promise<void> {
    await Promise.all([...this.members, ...this.#learners].map((member) => member.kill("SIGKILL")));
    await this.#network.close();
    await Promise.all(this.#directories.map((directory) => rm(directory, { recursive: true, force: true })));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function ownFlags(options: { name: string; directory: string; endpoint: string; peerPort: number; peerUrl: string }): string[] {
  const { name, directory, endpoint, peerPort, peerUrl } = options;
  return [
    ...["--name", name, "--data-dir", join(directory, "data"), "--logger", "zap", "--log-level", "error"],
    ...["--listen-client-urls", `http://${endpoint}`, "--advertise-client-urls", `http://${endpoint}`],
    ...["--listen-peer-urls", `http://127.0.0.1:${String(peerPort)}`, "--initial-advertise-peer-urls", peerUrl],
    "--strict-reconfig-check=false", // or none may be added in the first five seconds after a fault
  ];
}
