import { once } from "node:events";
import { ReadStream } from "node:tty";
import type { Context } from "./context.ts";
import { CommandError, exitCodes } from "./exit-code.ts";

const [CTRL_C, CTRL_D, BACKSPACE, DELETE] = ["\u0003", "\u0004", "\b", "\u007f"];

/**
 * Asks for a password on the terminal, without showing it.
 * @throws {CommandError} if there is no terminal, or Ctrl-C is pressed
 */
export async function askPassword({ stdin, errors, signal }: Context, user: string): Promise<string> {
  if (!(stdin instanceof ReadStream)) {
    throw new CommandError(
      exitCodes.error,
      `there is no password for ${user}, and no terminal to ask for one: use --user name:password, or --password`,
    );
  }
  await errors.write(`Password of ${user}: `);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  let password = "";
  try {
    for (;;) {
      const [typed] = (await once(stdin, "data", { signal })) as [string];
      for (const character of typed) {
        if (character === "\r" || character === "\n" || character === CTRL_D) return password;
        if (character === CTRL_C) throw new CommandError(exitCodes.interruptedByUser, "no password was given");
        password = character === BACKSPACE || character === DELETE ? password.slice(0, -1) : password + character;
      }
    }
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    await errors.write("\n");
  }
}
