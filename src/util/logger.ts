/** Where the library says what it notices. `console` fits; so does pino or winston. Nothing is printed without one. */
export interface Logger {
  /** What goes on, for who looks for a fault. */
  debug(message: string, fields?: Record<string, unknown>): void;
  /** What an operator may want to know. */
  info(message: string, fields?: Record<string, unknown>): void;
  /** What went wrong, and is taken care of. */
  warn(message: string, fields?: Record<string, unknown>): void;
  /** What went wrong, and needs somebody. */
  error(message: string, fields?: Record<string, unknown>): void;
}

const nothing = (): void => undefined;

export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** The same logger, which cannot throw: a full disk under the log must not end a watch. */
export function guardedLogger(logger: Logger): Logger {
  const guarded =
    (level: keyof Logger) =>
    (message: string, fields?: Record<string, unknown>): void => {
      try {
        logger[level](message, fields);
      } catch {
        // There is nowhere left to say so.
      }
    };
  return { debug: guarded("debug"), info: guarded("info"), warn: guarded("warn"), error: guarded("error") };
}
