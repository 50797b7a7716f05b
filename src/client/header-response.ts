import { jsonObject } from "../model/json-form.ts";
import { ResponseHeader } from "../model/response-header.ts";

/** What a call answers that has nothing to tell but that it was done. */
export class HeaderResponse {
  readonly header: ResponseHeader;

  constructor({ header }: { readonly header: Parameters<typeof ResponseHeader.from>[0] | undefined }) {
    this.header = ResponseHeader.from(header);
  }

  /** As etcdctl prints it with `-w json`, ids as strings. */
  toJSON(): Record<string, unknown> {
    return jsonObject({ header: this.header.toJSON() });
  }
}
