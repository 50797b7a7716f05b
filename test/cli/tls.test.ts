import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MockEtcdServer } from "etcd-watch/mock-server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientCertificates } from "../support/client-certificates.ts";
import { runCli } from "../support/cli-run.ts";
import { testCertificate } from "../unit/mock-server/support/test-certificate.ts";

describe("etcd-watch with TLS", () => {
  let directory: string;
  let server: MockEtcdServer;
  let mutual: MockEtcdServer;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "etcd-watch-test-"));
    const files = { ca: testCertificate.cert, cert: clientCertificates.root, key: clientCertificates.key };
    for (const [name, pem] of Object.entries(files)) await writeFile(join(directory, name), pem);
    server = await MockEtcdServer.start({ tls: testCertificate });
    mutual = await MockEtcdServer.start({ tls: { ...testCertificate, clientCa: clientCertificates.authority } });
  });
  afterAll(() => Promise.all([server.stop(), mutual.stop(), rm(directory, { recursive: true })]));

  const put = (endpoint: string, options: readonly string[]) =>
    runCli(["put", "a", "b", "--endpoints", endpoint, "--command-timeout", "2s", ...options]);
  const file = (name: string) => join(directory, name);

  it("takes what --cacert, --cert and --key name", async () => {
    expect(await put(server.endpoint, ["--cacert", file("ca")])).toMatchObject({ exitCode: 0 });
    expect(await put(server.url, ["--cacert", file("ca")])).toMatchObject({ exitCode: 0 });
    expect(await put(mutual.url, ["--cacert", file("ca"), "--cert", file("cert"), "--key", file("key")])).toMatchObject({ exitCode: 0 });
  });

  it("takes any certificate with --insecure-skip-tls-verify, where TLS is spoken at all", async () => {
    expect(await put(server.url, ["--insecure-skip-tls-verify"])).toMatchObject({ exitCode: 0 });
    expect(await put(server.endpoint, ["--insecure-skip-tls-verify", "--insecure-transport=false"])).toMatchObject({ exitCode: 0 });
    expect(await put(server.endpoint, ["--insecure-skip-tls-verify"])).toMatchObject({ exitCode: 1 });
  });

  it.each([
    ["an authority that is not known", () => put(server.url, [])],
    ["no certificate where one is asked for", () => put(mutual.url, ["--cacert", file("ca")])],
  ])("fails with %s", async (_, failing) => {
    expect(await failing()).toMatchObject({ exitCode: 1, stdout: "", stderr: expect.stringContaining("Error: ") as unknown });
  });

  it("refuses a certificate without its key, and a file that is no certificate", async () => {
    expect(await put(server.url, ["--cert", file("cert")])).toMatchObject({
      exitCode: 128,
      stderr: expect.stringContaining("key") as unknown,
    });
    expect(await put(server.url, ["--cacert", file("key")])).toMatchObject({ exitCode: 128 });
  });
});
