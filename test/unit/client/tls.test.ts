import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect as connectSocket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MockEtcdServer, type MockEtcdServerOptions } from "etcd-watch/mock-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { clientSettings } from "../../../src/client/client-options.ts";
import { clientCertificates } from "../../support/client-certificates.ts";
import { connect } from "../../support/clients.ts";
import { observe } from "../../support/observe.ts";
import { testCertificate } from "../mock-server/support/test-certificate.ts";

const { authority, root, expired, key, otherKey } = clientCertificates;
const ca = testCertificate.cert;
const mutual = { ...testCertificate, clientCa: authority };

async function serve(options: MockEtcdServerOptions): Promise<MockEtcdServer> {
  const server = await MockEtcdServer.start(options);
  onTestFinished(() => server.stop());
  return server;
}

async function expectPut(endpoint: string, options: Parameters<typeof connect>[1]): Promise<void> {
  const client = connect(endpoint, options);
  const watch = client.watch("k");
  const seen = observe(watch);
  await watch.created;
  await client.kv.put("k", "v");
  await seen.waitForEvents(1);
}

describe("TLS", () => {
  it("[159] the server's authority alone, by URL or by option", async () => {
    const server = await serve({ tls: testCertificate });
    await expectPut(server.url, { tls: { ca } });
    await expectPut(server.endpoint, { tls: { ca: Buffer.from(ca) } });
    await expectPut(server.url, { tls: { rejectUnauthorized: false } });
    await expectPut(server.url.replace("127.0.0.1", "localhost"), { tls: { ca } });
    await expectPut(server.url, { tls: { ca, serverName: "localhost" } });
    await expect(connect(server.url, { tls: { ca, serverName: "elsewhere" } }).ready()).rejects.toThrow("elsewhere");
  });

  it("[159] a certificate of one's own", async () => {
    const server = await serve({ tls: mutual });
    await expectPut(server.url, { tls: { ca, cert: root, key } });
    expect(server.metrics.requests["Authenticate"]).toBeUndefined();
  });

  it.each([
    ["https:// without options", "https", {}],
    ["no TLS at all", "http", {}],
    ["no certificate of its own", "https", { tls: { ca } }],
    ["an expired certificate", "https", { tls: { ca, cert: expired, key } }],
  ] as const)("[160] %s is told within the connect timeout, by ready() and by a request", async (_, scheme, options) => {
    const server = await serve({ tls: mutual });
    const client = connect(`${scheme}://${server.endpoint}`, { connectTimeoutMs: 2_000, requestTimeoutMs: 3_000, ...options });
    const startedMs = performance.now();
    await expect(client.ready()).rejects.toMatchObject({ name: "RpcError", code: "UNAVAILABLE" });
    expect(performance.now() - startedMs).toBeLessThan(2_500);
    await expect(client.kv.get("k")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it.each([
    [{ ca: "no certificate" }, 'tls.ca holds no PEM certificate ("-----BEGIN CERTIFICATE-----")'],
    [{ ca: "" }, "tls.ca holds no PEM certificate"],
    [{ ca: Buffer.from([0, 1, 2]) }, "tls.ca holds no PEM certificate"],
    [{ ca: key }, "tls.ca holds no PEM certificate"],
    [{ ca: authority.replace(/\n[^\n]{20}/, "\nAAAAAAAAAAAAAAAAAAAA") }, "tls.ca cannot be read as a certificate: "],
    [{ ca: `${ca}\n${authority.replace(/\n[^\n]{20}/, "\nAAAAAAAAAAAAAAAAAAAA")}` }, "(certificate 2 of 2)"],
    [{ cert: "x", key }, "tls.cert holds no PEM certificate"],
    [{ cert: root, key: "x" }, 'tls.key holds no PEM private key ("-----BEGIN PRIVATE KEY-----")'],
    [{ cert: root, key: key.replace(/\n[^\n]{20}/, "\nAAAAAAAAAAAAAAAAAAAA") }, "tls.key cannot be used with tls.cert: "],
    [{ cert: root, key: otherKey }, "tls.key cannot be used with tls.cert: "],
  ])("refuses %# at once, and shows nothing of a key", (tls, message) => {
    const settings = () => clientSettings({ endpoints: "https://127.0.0.1:1", tls });
    expect(settings).toThrow(TypeError);
    expect(settings).toThrow(message);
    expect(settings).not.toThrow(key.split("\n")[2]);
  });

  it("takes several certificates, with text around them", () => {
    expect(() =>
      clientSettings({ endpoints: "https://127.0.0.1:1", tls: { ca: `# first\n${ca}\n\n# second\n${authority}\n` } }),
    ).not.toThrow();
  });
});

describe("unix:// endpoints", () => {
  /** A socket in the file system that leads to the server. */
  async function unixSocket({ port }: MockEtcdServer): Promise<string> {
    const path = join(tmpdir(), `etcd-watch-${String(process.pid)}-${String(port)}.sock`);
    const listener = createServer((socket) => {
      const server = connectSocket(port, "127.0.0.1");
      for (const each of [socket, server]) each.on("error", () => undefined);
      socket.pipe(server).pipe(socket);
    }).listen(path);
    await once(listener, "listening");
    onTestFinished(async () => {
      listener.close();
      await rm(path, { force: true });
    });
    return path;
  }

  it("[167] plainly", async () => {
    const path = await unixSocket(await serve({}));
    await expectPut(`unix://${path}`, {});
    await expectPut(`unix:${path}`, {});
  });

  it("[167] with TLS, as unixs:// or by option", async () => {
    const path = await unixSocket(await serve({ tls: testCertificate }));
    await expectPut(`unixs://${path}`, { tls: { ca, serverName: "localhost" } });
    await expectPut(`unix://${path}`, { tls: { ca } });
  });

  it("[167] and says so if nobody listens there", async () => {
    const client = connect("unix:///no/such/socket");
    await expect(client.ready()).rejects.toThrow(/unix:\/\/\/no\/such\/socket: .*ENOENT/);
  });
});
