import type { KeyValue } from "../model/key-value.ts";
import type { Revision } from "../model/revision.ts";
import { ownerOf, weighed, type WeighedMember } from "./rendezvous.ts";

/** How keys are given to members. A process that finds another version owns nothing, as it cannot know what, and leaves the ring alone. */
const RING_VERSION = 1;

/**
 * Who shares the keys, as it stands in one key of etcd: its last revision and its members make up whose each key is. A fence on that
 * revision is thus one on the owners of all keys.
 */
export class Ring {
  /** At which it was last written; 0 for none. */
  readonly revision: Revision;
  /** The ids of the members, sorted. */
  readonly members: readonly string[];
  /** Written by a version of this package that gives keys to members in another way. */
  readonly isForeign: boolean;
  readonly #weighed: readonly WeighedMember[];

  constructor(revision: Revision, members: readonly string[], { isForeign = false } = {}) {
    this.revision = revision;
    this.isForeign = isForeign;
    this.members = [...members].sort();
    this.#weighed = this.members.map(weighed);
  }

  /** What cannot be read is a ring without members: nobody owns anything, until one of them writes it anew. */
  static from(kv: KeyValue | undefined): Ring {
    if (kv === undefined) return new Ring(0n, []);
    try {
      const { version, members } = kv.json<{ readonly version?: unknown; readonly members?: unknown }>();
      if (version === RING_VERSION && Array.isArray(members) && members.every((member) => typeof member === "string"))
        return new Ring(kv.modRevision, members);
      return new Ring(kv.modRevision, [], { isForeign: version !== RING_VERSION });
    } catch {
      // It is no JSON.
    }
    return new Ring(kv.modRevision, []);
  }

  /** As it is written. */
  static textOf(members: readonly string[]): string {
    return JSON.stringify({ version: RING_VERSION, members: [...members].sort() });
  }

  /** Whose a key is; undefined without members. */
  ownerOf(key: string): string | undefined {
    return ownerOf(key, this.#weighed);
  }

  has(member: string): boolean {
    return this.members.includes(member);
  }

  hasExactly(members: readonly string[]): boolean {
    return members.length === this.members.length && members.every((member) => this.has(member));
  }
}
