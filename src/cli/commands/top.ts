import { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { styleText } from "node:util";
import type { EtcdClient, WatchChannel } from "../../index.ts";
import { withClient } from "../client.ts";
import type { Context } from "../context.ts";
import { errorText } from "../error-text.ts";
import { CommandError, type ExitCode, exitCodes } from "../exit-code.ts";
import { mayColour, Output } from "../io.ts";
import { TerminalScreen } from "../top/terminal-screen.ts";
import { TopModel, type TopSample } from "../top/top-model.ts";
import { type Paint, topLine, topScreen } from "../top/top-screen.ts";

export async function topCommand(context: Context): Promise<ExitCode> {
  const { flags, args, signal } = context;
  const intervalMs = flags.durationMs("interval");
  if (args.length === 0)
    throw new CommandError(exitCodes.badArguments, "top needs a key to watch; '' --prefix is all of them", { helpFor: "top" });
  if (!(intervalMs >= 50)) throw new CommandError(exitCodes.badArguments, `--interval must be at least 50ms, got ${String(intervalMs)}ms`);
  const stop = new AbortController();
  const ending = AbortSignal.any([signal, stop.signal]);
  return withClient(quietly(context), async (client) => {
    const watches = args.map((key) =>
      client.watch(key, { prefix: flags.bool("prefix"), startRevision: flags.int64("rev"), signal: ending }),
    );
    const titleOf = (key: string): string => (flags.bool("prefix") ? `${key}*` : key);
    const model = new TopModel(
      watches.map((watch, index) => ({ title: titleOf(args[index] ?? ""), status: () => watch.status })),
      performance.now(),
    );
    const following = [followStates(client, model, ending), ...watches.map((watch, index) => follow(watch, model, index))];
    const quit = (): void => {
      stop.abort();
    };
    try {
      const sample = (): TopSample => {
        const { state } = client;
        const { streams } = client.metrics();
        return model.sample({ state, streams, at: new Date(), nowMs: performance.now() });
      };
      await show(context, { sample, intervalMs, ending, quit, isOver: () => model.areAllEnded });
      if (!ending.aborted) throw new CommandError(exitCodes.interrupted, endingsOf(sample()));
      return exitCodes.success; // it was to run until it was told to end
    } finally {
      stop.abort();
      await Promise.all(following);
    }
  });
}

/** The client's own warnings would draw over the screen, which says the same. */
function quietly(context: Context): Context {
  if (!context.output.isTerminal) return context;
  const nowhere = new Writable({
    write(_chunk, _encoding, written) {
      written();
    },
  });
  return { ...context, errors: new Output(nowhere) };
}

function endingsOf({ watches }: TopSample): string {
  return `every watch has ended: ${watches.map(({ title, ending }) => `${title}: ${ending ?? ""}`).join("; ")}`;
}

async function follow(watch: WatchChannel, model: TopModel, index: number): Promise<void> {
  try {
    for await (const { events } of watch) model.addEvents(index, events.length);
  } catch (error) {
    model.ended(index, errorText(error));
  }
}

async function followStates(client: EtcdClient, model: TopModel, signal: AbortSignal): Promise<void> {
  for await (const change of client.stateChanges({ signal })) model.connectionChanged(change, new Date());
}

interface Show {
  readonly sample: () => TopSample;
  readonly intervalMs: number;
  readonly ending: AbortSignal;
  readonly quit: () => void;
  /** Whether there is nothing more to come. */
  readonly isOver: () => boolean;
}

async function show({ output, stdin, env }: Context, { sample, intervalMs, ending, quit, isOver }: Show): Promise<void> {
  const pause = async (): Promise<void> => {
    await delay(intervalMs, undefined, { signal: ending }).catch(() => undefined); // the loop looks at the signal
  };
  if (!output.isTerminal) {
    // A terminal stays, so that somebody can read why; a log has no more to tell.
    while (!isOver()) {
      await pause();
      if (ending.aborted) return;
      await output.line(topLine(sample()));
    }
    return;
  }
  const paint = mayColour(output, env) ? colours : plain;
  const screen = await TerminalScreen.open(output, stdin, quit);
  try {
    while (!ending.aborted) {
      await screen.draw(topScreen(sample(), screen.size, paint));
      await pause();
    }
  } finally {
    await screen.close();
  }
}

const formats = { title: "bold", good: "green", bad: "red", warning: "yellow", faint: "dim", head: "inverse" } as const;
const colours: Paint = (style, text) => styleText(formats[style], text, { validateStream: false });
const plain: Paint = (_, text) => text;
