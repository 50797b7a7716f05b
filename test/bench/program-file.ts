import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** The program `name` beside the module at `base`, compiled or not as that is. */
export function programFile(name: string, base: string): string {
  return fileURLToPath(new URL(`${name}${extname(base)}`, base));
}
