import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";

/** An etcd that can be started. */
export interface EtcdBinary {
  readonly path: string;
  /** Such as "3.4.23". */
  readonly version: string;
}

function versionOf(path: string): string | undefined {
  const { stdout, error } = spawnSync(path, ["--version"], { encoding: "utf8" });
  return error === undefined ? /etcd Version: (\S+)/.exec(stdout)?.[1] : undefined;
}

/**
 * Real etcd on this machine: each path of `ETCD_BIN`, which may be several with ":" between them, or else the first `etcd` on the PATH.
 * @throws if `ETCD_BIN` names something that is no etcd
 */
export function findEtcdBinaries(environment: NodeJS.ProcessEnv = process.env): EtcdBinary[] {
  const given = (environment["ETCD_BIN"] ?? "").split(delimiter).filter((path) => path !== "");
  if (given.length > 0) {
    return given.map((path) => {
      const version = versionOf(path);
      if (version === undefined) throw new Error(`ETCD_BIN names ${JSON.stringify(path)}, which is no etcd that runs here`);
      return { path, version };
    });
  }
  for (const directory of (environment["PATH"] ?? "").split(delimiter)) {
    const path = join(directory, "etcd");
    const version = versionOf(path);
    if (version !== undefined) return [{ path, version }];
  }
  return [];
}
