import { serverErrors } from "../../errors/server-errors.ts";
import type { ServerError } from "../../errors/server-errors.ts";
import { RefusedError } from "../refused-error.ts";

/** Reasons that a refused watch is told apart; all others are put down to permission. */
const told: readonly ServerError[] = [serverErrors.invalidAuthToken, serverErrors.authOldRevision, serverErrors.userEmpty];

/** Runs a check and returns why it failed, in the words that Go has for a status; undefined if it did not. */
export function refusalText(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const { code, message } = told.find((each) => each.message === error.message) ?? serverErrors.permissionDenied;
    return `rpc error: code = ${goName(code)} desc = ${message}`;
  }
}

/** "PERMISSION_DENIED" as Go writes it: "PermissionDenied". */
function goName(code: string): string {
  return code
    .split("_")
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join("");
}
