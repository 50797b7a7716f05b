/** etcdctl's exit codes, by its own names, and what a shell reports of a program that a signal ended. */
export const exitCodes = {
  success: 0,
  /** What was asked for failed, or a flag is unknown or malformed. */
  error: 1,
  badConnection: 2,
  /** What came over standard input is malformed: of `txn` and `watch -i`. */
  invalidInput: 3,
  /** A known flag with a value that is not supported. */
  badFeature: 4,
  /** The server ended the watch. */
  interrupted: 5,
  badArguments: 128,
  /** 128 + SIGHUP: the terminal has gone. */
  hungUp: 129,
  /** 128 + SIGINT: Ctrl-C. */
  interruptedByUser: 130,
  /** 128 + SIGPIPE: whoever read the output has gone. */
  brokenPipe: 141,
  /** 128 + SIGTERM. */
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command: its message goes to standard error after "Error: ". */
export class CommandError extends Error {
  readonly exitCode: ExitCode;
  /** The command whose help tells how it should have been, such as "lease grant". */
  readonly helpFor: string | undefined;

  constructor(exitCode: ExitCode, message: string, { helpFor, cause }: { helpFor?: string; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "CommandError";
    this.exitCode = exitCode;
    this.helpFor = helpFor;
  }
}
