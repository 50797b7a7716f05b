import type * as wire from "../gen/rpc.ts";
import { jsonObject } from "../model/json-form.ts";
import { ResponseHeader } from "../model/response-header.ts";

/** A server of the cluster. */
export class Member {
  /** By which the cluster knows it: any unsigned 64-bit number. */
  readonly id: bigint;
  /** Empty until it has started for the first time. */
  readonly name: string;
  /** Where the other members reach it. */
  readonly peerUrls: readonly string[];
  /** Where clients reach it. None until it has started. */
  readonly clientUrls: readonly string[];
  /** Whether it only learns, and has no vote. It answers few requests of clients. */
  readonly isLearner: boolean;

  /** @internal */
  constructor({ ID, name, peerURLs, clientURLs, isLearner }: wire.Member) {
    this.id = ID;
    this.name = name;
    this.peerUrls = peerURLs;
    this.clientUrls = clientURLs;
    this.isLearner = isLearner;
  }

  /** As `etcdctl member list -w json` prints it, ids as strings. */
  toJSON(): Record<string, unknown> {
    return jsonObject({
      ID: this.id === 0n ? undefined : String(this.id),
      name: this.name,
      peerURLs: this.peerUrls.length === 0 ? undefined : this.peerUrls,
      clientURLs: this.clientUrls.length === 0 ? undefined : this.clientUrls,
      isLearner: this.isLearner,
    });
  }
}

/** What `memberList` answers. */
export class MemberListResponse {
  /** Its revision is 0n: membership has nothing to do with the store. */
  readonly header: ResponseHeader;
  /** All members, learners included. */
  readonly members: readonly Member[];

  /** @internal */
  constructor({ header, members }: wire.MemberListResponse) {
    this.header = ResponseHeader.from(header);
    this.members = members.map((member) => new Member(member));
  }

  /** As `etcdctl member list -w json` prints it, ids as strings. */
  toJSON(): Record<string, unknown> {
    return jsonObject({
      header: this.header.toJSON(),
      members: this.members.length === 0 ? undefined : this.members.map((member) => member.toJSON()),
    });
  }
}
