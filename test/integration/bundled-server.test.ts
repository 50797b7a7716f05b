import { bundledServer } from "../support/servers.ts";
import { runAllSuites } from "./all-suites.ts";

runAllSuites(bundledServer);
