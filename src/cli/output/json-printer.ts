import * as forms from "./json-forms.ts";
import { type JsonForm, jsonText } from "./json-text.ts";
import type { Printer } from "./printer.ts";

/** One line for each answer. */
export const jsonPrinter: Printer = {
  get: (response) => line(forms.getForm(response)),
  put: (response) => line(forms.putForm(response)),
  delete: (response) => line(forms.deleteForm(response)),
  txn: (response) => line(forms.txnForm(response)),
  watch: (response) => line(forms.watchForm(response)),
  grant: (response) => line(forms.grantForm(response)),
  revoke: (_, response) => line(forms.revokeForm(response)),
  keepAlive: (response) => line(forms.keepAliveForm(response)),
  timeToLive: (response) => line(forms.timeToLiveForm(response)),
  leases: (response) => line(forms.leasesForm(response)),
  members: (response) => line(forms.membersForm(response)),
  statuses: (statuses) => line(statuses.map(forms.statusForm)),
  health: (health) => line(health.map(forms.healthForm)),
};

function line(form: JsonForm): Buffer {
  return Buffer.from(`${jsonText(form)}\n`);
}
