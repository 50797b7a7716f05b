import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientCertificates } from "../support/client-certificates.ts";
import { connect, uniquePrefix } from "../support/clients.ts";
import { findEtcdBinaries } from "../support/etcd-binary.ts";
import { mustBeFoundInCi } from "../support/etcd-in-ci.ts";
import { brief, observe } from "../support/observe.ts";
import { RealEtcd } from "../support/real-etcd.ts";
import { put } from "../support/writes.ts";
import { testCertificate } from "../unit/mock-server/support/test-certificate.ts";

const { authority, root, expired, key } = clientCertificates;
const ca = testCertificate.cert;
const CONNECT_MS = 700;

async function expectWatch(endpoint: string, options: Parameters<typeof connect>[1]): Promise<void> {
  const client = connect(endpoint, options);
  const watched = `${uniquePrefix()}a`;
  const watch = client.watch(watched);
  const seen = observe(watch);
  await watch.created;
  await put(client, watched, "1");
  expect((await seen.waitForEvents(1)).map(brief)).toEqual([`put ${watched}=1`]);
}

const binaries = findEtcdBinaries();

mustBeFoundInCi("real etcd with TLS", binaries);

describe.each(binaries)("etcd $version with TLS", (binary) => {
  let directory: string;
  let flags: string[];
  let server: RealEtcd;
  let mutual: RealEtcd;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "etcd-watch-test-"));
    for (const [name, pem] of Object.entries({ cert: testCertificate.cert, key: testCertificate.key, authority }))
      await writeFile(join(directory, name), pem);
    flags = ["--cert-file", join(directory, "cert"), "--key-file", join(directory, "key")];
    server = await RealEtcd.start(binary, { scheme: "https", flags });
    const clientFlags = ["--client-cert-auth", "--trusted-ca-file", join(directory, "authority")];
    mutual = await RealEtcd.start(binary, { scheme: "https", flags: [...flags, ...clientFlags] });
  }, 60_000);
  afterAll(async () => {
    await Promise.all([server.stop(), mutual.stop(), rm(directory, { recursive: true })]);
  });

  it("[159] the server's authority alone", async () => {
    await expectWatch(`https://${server.endpoint}`, { tls: { ca } });
    await expectWatch(server.endpoint, { tls: { ca } });
  });

  it("[159] a certificate of one's own", () => expectWatch(`https://${mutual.endpoint}`, { tls: { ca, cert: root, key } }));

  it.each([
    ["no TLS", () => `http://${server.endpoint}`, {}],
    ["an unknown authority", () => `https://${server.endpoint}`, {}],
    ["no certificate of its own", () => `https://${mutual.endpoint}`, { tls: { ca } }],
    ["an expired certificate", () => `https://${mutual.endpoint}`, { tls: { ca, cert: expired, key } }],
  ] as const)("[160] %s is told within the connect timeout", async (_, endpoint, options) => {
    const client = connect(endpoint(), { connectTimeoutMs: CONNECT_MS, requestTimeoutMs: CONNECT_MS + 500, ...options });
    const startedAtMs = performance.now();
    await expect(client.ready()).rejects.toMatchObject({ name: "RpcError", code: "UNAVAILABLE" });
    expect(performance.now() - startedAtMs).toBeLessThan(CONNECT_MS + 500);
    await expect(client.kv.get("a")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("[159] the name in the certificate is the user, and no token is sent", async () => {
    const client = connect(`https://${mutual.endpoint}`, { tls: { ca, cert: root, key } });
    if (!(await client.auth.roleList()).roles.includes("root")) await client.auth.roleAdd("root");
    await client.auth.userAdd("root", "a password that nobody says");
    await client.auth.userGrantRole("root", "root");
    await client.auth.enable();
    await expectWatch(`https://${mutual.endpoint}`, { tls: { ca, cert: root, key } });
  });
});
