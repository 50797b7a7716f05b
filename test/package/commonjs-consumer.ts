/**
 * A program in CommonJS, for `require.cts`. It is text here, since this repository's own settings (`erasableSyntaxOnly`) have no
 * `import = require()`.
 */
export const COMMONJS_CONSUMER = `import etcdWatch = require("etcd-watch");
import mockServer = require("etcd-watch/mock-server");

async function main(): Promise<void> {
  const server: mockServer.MockEtcdServer = await mockServer.MockEtcdServer.start();
  const client: etcdWatch.EtcdClient = new etcdWatch.EtcdClient({ endpoints: server.endpoint });
  const { header } = await client.kv.put("a", "1");
  await client.close();
  await server.stop();
  console.log(header.revision === 2n ? "required" : header.revision);
}

void main();
`;
