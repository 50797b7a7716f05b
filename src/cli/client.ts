import { readFile } from "node:fs/promises";
import { inspect } from "node:util";
import { EtcdClient, type AuthOptions, type ClientOptions, type Logger, type TlsOptions } from "../index.ts";
import type { Context } from "./context.ts";
import { CommandError, exitCodes } from "./exit-code.ts";
import type { Output } from "./io.ts";
import { askPassword } from "./password.ts";

/** Where a cluster is and how it is reached, as flags say it; the destination of a mirror has flags of its own. */
export interface Access {
  readonly endpoints: readonly string[];
  readonly user: string;
  readonly password: string;
  readonly cacert: string;
  readonly cert: string;
  readonly key: string;
  readonly skipVerify: boolean;
  readonly insecureTransport: boolean;
}

export function accessOf({ flags }: Pick<Context, "flags">): Access {
  return {
    endpoints: flags.texts("endpoints").map((endpoint) => endpoint.trim()),
    user: flags.text("user"),
    password: flags.text("password"),
    cacert: flags.text("cacert"),
    cert: flags.text("cert"),
    key: flags.text("key"),
    skipVerify: flags.bool("insecure-skip-tls-verify"),
    insecureTransport: flags.bool("insecure-transport"),
  };
}

/** Lends a client to `use`, and closes it. */
export async function withClient<T>(context: Context, use: (client: EtcdClient) => Promise<T>, access = accessOf(context)): Promise<T> {
  const client = new EtcdClient(await clientOptions(context, access));
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

async function clientOptions(context: Context, access: Access): Promise<ClientOptions> {
  const { flags, errors } = context;
  const [auth, tls] = [await authOptions(context, access), await tlsOptions(access)];
  return {
    endpoints: access.endpoints,
    connectTimeoutMs: positive(flags.durationMs("dial-timeout"), "dial-timeout"),
    requestTimeoutMs: positive(flags.durationMs("command-timeout"), "command-timeout"),
    keepAliveIntervalMs: positive(flags.durationMs("keepalive-time"), "keepalive-time"),
    keepAliveTimeoutMs: positive(flags.durationMs("keepalive-timeout"), "keepalive-timeout"),
    logger: loggerTo(errors, { isTalkative: flags.bool("debug") }),
    ...(auth === undefined ? {} : { auth }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function positive(valueMs: number, flag: string): number {
  if (valueMs > 0) return valueMs;
  throw new CommandError(exitCodes.badArguments, `--${flag} must be above 0, got ${String(valueMs)}ms`);
}

async function authOptions(context: Context, { user, password }: Access): Promise<AuthOptions | undefined> {
  if (user === "") return undefined;
  if (password !== "") return { username: user, password };
  const colon = user.indexOf(":");
  if (colon !== -1) return { username: user.slice(0, colon), password: user.slice(colon + 1) };
  return { username: user, password: await askPassword(context, user) };
}

/** As clientv3: TLS if there is any certificate, an `https://` endpoint, or if --insecure-transport=false asks for it. */
async function tlsOptions({ endpoints, cacert, cert, key, skipVerify, insecureTransport }: Access): Promise<TlsOptions | undefined> {
  const hasFiles = [cacert, cert, key].some((path) => path !== "");
  if (!hasFiles && insecureTransport && !endpoints.some((endpoint) => /^(https|unixs):/.test(endpoint))) return undefined;
  const files = { ca: await pem(cacert, "cacert"), cert: await pem(cert, "cert"), key: await pem(key, "key") };
  const given = Object.fromEntries(Object.entries(files).filter(([, content]) => content !== undefined));
  return { ...given, ...(skipVerify ? { rejectUnauthorized: false } : {}) };
}

async function pem(path: string, flag: string): Promise<Buffer | undefined> {
  if (path === "") return undefined;
  try {
    return await readFile(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(exitCodes.badArguments, `the file of --${flag} cannot be read: ${why}`, { cause });
  }
}

/** Warnings and errors of the client, and with --debug all that it tells, one line each. */
function loggerTo(errors: Output, { isTalkative }: { readonly isTalkative: boolean }): Logger {
  const say =
    (level: string) =>
    (message: string, fields?: Record<string, unknown>): void => {
      const details = fields === undefined ? "" : ` ${detailText(fields)}`;
      errors.line(`${level}: ${message}${details}`).catch(() => undefined); // nobody reads standard error: nobody is to be told
    };
  const silent = (): void => undefined;
  return {
    debug: isTalkative ? say("Debug") : silent,
    info: isTalkative ? say("Info") : silent,
    warn: say("Warning"),
    error: isTalkative ? say("Error") : silent, // what the command fails with is told anyway
  };
}

function detailText(fields: Record<string, unknown>): string {
  return `(${Object.entries(fields)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.map(String).join("; ") : valueText(value)}`)
    .join(", ")})`;
}

function valueText(value: unknown): string {
  if (value instanceof Error) return value.message;
  return typeof value === "string" ? value : inspect(value, { breakLength: Infinity });
}
