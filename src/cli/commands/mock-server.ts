import { once } from "node:events";
import { MockEtcdServer, type Compatibility } from "../../mock-server/index.ts";
import type { Context } from "../context.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";

export async function mockServerCommand({ flags, args, output, signal }: Context): Promise<ExitCode> {
  if (args.length > 0)
    throw new CommandError(exitCodes.badArguments, `mock-server takes no arguments, got ${JSON.stringify(args[0])}`, {
      helpFor: "mock-server",
    });
  const password = flags.text("root-password");
  const server = await started({
    host: flags.text("host"),
    port: Number(flags.int64("port")),
    compatibility: compatibilityOf(flags.text("compatibility")),
    progressNotifyIntervalMs: flags.durationMs("progress-notify-interval"),
    ...(password === "" ? {} : { auth: { rootPassword: password } }),
  });
  try {
    await output.line(`An etcd in memory serves at ${server.url}, until Ctrl-C.`);
    if (!signal.aborted) await once(signal, "abort");
    return exitCodes.success; // it was to run until it was told to end
  } finally {
    await server.stop();
  }
}

async function started(options: NonNullable<Parameters<typeof MockEtcdServer.start>[0]>): Promise<MockEtcdServer> {
  try {
    return await MockEtcdServer.start(options);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const where = `${options.host ?? ""}:${String(options.port)}`;
    const why = error.code === "EADDRINUSE" ? "something listens there already; choose another --port, or 0 for a free one" : error.message;
    throw new CommandError(exitCodes.error, `cannot listen at ${where}: ${why}`, { cause: error });
  }
}

function compatibilityOf(text: string): Compatibility {
  if (text === "latest" || text === "3.4.23") return text;
  throw new CommandError(exitCodes.badFeature, `--compatibility must be latest or 3.4.23, got ${JSON.stringify(text)}`);
}
