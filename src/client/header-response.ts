import { jsonObject } from "../model/json-form.ts";
import { ResponseHeader } from "../model/response-header.ts";

/** What a call answers that has nothing to tell but that it was done. */
export class HeaderResponse {
  /** What the server says of itself, with the store's revision when it answered. */
  readonly header: ResponseHeader;

  /** @internal */
  constructor({ header }: { readonly header: Parameters<typeof ResponseHeader.from>[0] | undefined }) {
    this.header = ResponseHeader.from(header);
  }

  /** As etcdctl prints it with `-w json`, ids as strings. */
  toJSON(): Record<string, unknown> {
    return jsonObject({ header: this.header.toJSON() });
  }
}
