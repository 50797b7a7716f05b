/**
 * Which of the members a key belongs to: the one with the highest weight for it (rendezvous hashing). When a member goes, its keys alone
 * move; when one comes, it takes its share from all the others alike.
 *
 * Every process must come to the same answer, also those of other versions of this package: what changes here needs a new
 * `RING_VERSION`. Pure.
 */
export function ownerOf(key: string, members: readonly WeighedMember[]): string | undefined {
  const keyHash = fnv1a(key);
  let owner: string | undefined;
  let highest = -1;
  for (const { id, hash } of members) {
    const weight = mixed(keyHash ^ hash);
    // Two members with one hash: the ids decide, and not the order in which they stand.
    if (weight < highest || (weight === highest && owner !== undefined && id < owner)) continue;
    highest = weight;
    owner = id;
  }
  return owner;
}

export interface WeighedMember {
  readonly id: string;
  readonly hash: number;
}

export function weighed(id: string): WeighedMember {
  return { id, hash: mixed(fnv1a(id)) };
}

/** FNV-1a over the UTF-16 units of a text. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  return hash >>> 0;
}

/** MurmurHash3's end: each bit of the input moves half of the bits of the output. */
function mixed(hash: number): number {
  let mixing = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixing = Math.imul(mixing ^ (mixing >>> 13), 0xc2b2ae35);
  return (mixing ^ (mixing >>> 16)) >>> 0;
}
