export interface DemoOptions {
  /** Servers to use instead of the bundled one, as host:port. Undefined for the bundled one. */
  readonly endpoints: readonly string[] | undefined;
  /** Whether history may be compacted. Always on the bundled server; elsewhere only when told to, for it is everybody's history. */
  readonly compact: boolean;
}

const USAGE = `Usage: npm run demo
       ETCD_ENDPOINTS=host:port[,host:port] npm run demo [-- --compact]

Without ETCD_ENDPOINTS the bundled server is used. On a server of yours the demo writes below
a random prefix, deletes what it wrote, and compacts only with --compact.`;

/** @throws {TypeError} for an argument that the demo does not know, or an endpoint that it cannot put a proxy before */
export function demoOptions(argv: readonly string[], environment: NodeJS.ProcessEnv): DemoOptions {
  const unknown = argv.find((argument) => argument !== "--compact");
  if (unknown !== undefined) throw new TypeError(`Unknown argument ${JSON.stringify(unknown)}\n\n${USAGE}`);
  const given = (environment["ETCD_ENDPOINTS"] ?? "")
    .split(",")
    .map((endpoint) => endpoint.trim())
    .filter((endpoint) => endpoint !== "");
  const endpoints = given.length === 0 ? undefined : given.map(plainEndpoint);
  return { endpoints, compact: endpoints === undefined || argv.includes("--compact") };
}

function plainEndpoint(endpoint: string): string {
  const address = endpoint.replace(/^http:\/\//, "").replace(/\/$/, "");
  if (!/^[^/]+:\d+$/.test(address))
    throw new TypeError(`The demo cuts plain TCP connections, so ETCD_ENDPOINTS takes host:port, got ${JSON.stringify(endpoint)}`);
  return address;
}
