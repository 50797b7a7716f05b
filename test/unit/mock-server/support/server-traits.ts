/** The first release of each line that has something, as "3.4.38, 3.5.24, 3.6.6". A line after the last one named has it from its beginning. */
export type Since = string;

/** What newer servers do and older ones do not, as far as a scenario can see. The numbers were read from etcd's tagged source. */
export const since = {
  /** A requested progress notice comes only when every watch of the stream has seen everything; before, always and at once (etcd#15220). */
  progressWaitsForAll: "3.4.25, 3.5.8, 3.6.0",
  /** No progress while the store is below the start revision of a watch (etcd#20221). */
  progressWaitsForStart: "3.4.38, 3.5.22, 3.6.2",
  /** A negative start revision is refused at the create. */
  refusesNegativeStart: "3.4.38, 3.5.24, 3.6.6",
  /** A tombstone at the compacted revision can be watched (etcd#18089). */
  keepsTombstoneAtCompaction: "3.4.34, 3.5.16, 3.6.0",
  /** A watch that compaction has overtaken does not go on with a gap when its stream is full (etcd#17529). */
  hasNoGapAfterCompaction: "3.4.31, 3.5.13, 3.6.0",
  /** An open-ended watch needs permission for all of its range (GHSA-xg4h-6gfc-h4m8). */
  checksOpenEnd: "3.5.33, 3.6.14, 3.7.1",
  /** A permission for a range that ends before it begins is refused (etcd#15294). */
  checksGrantedRange: "3.4.25, 3.5.8, 3.6.0",
  /** The keys of a lease are told only to those who may read them (etcd#15815). */
  checksKeysOfLease: "3.4.26, 3.5.9, 3.6.0",
  /** A token sent while authentication is off is ignored (etcd#16241). */
  ignoresTokenWithoutAuth: "3.4.28, 3.5.10, 3.6.0",
  /** Compaction needs root, and leases a user; Status root in some and any user in others (CVE-2026-33413). */
  guardsAdminCalls: "3.4.42, 3.5.28, 3.6.9",
  /** Permission is asked for what a nested transaction does (CVE-2026-33343). */
  checksNestedTxn: "3.4.42, 3.5.28, 3.6.9",
  /** And for the pair before and the lease of a put in a transaction (CVE-2026-44283). */
  checksPutInTxn: "3.4.44, 3.5.30, 3.6.11",
} as const satisfies Record<string, Since>;

export type Trait = keyof typeof since;
export type ServerTraits = Readonly<Record<Trait, boolean>>;

/** @throws {TypeError} if it is not three numbers with dots between; what follows them, as "-rc.1", is not looked at */
function numbersOf(version: string): readonly [number, number, number] {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) throw new TypeError(`Not a version: ${version}`);
  return [Number(major), Number(minor), Number(patch)];
}

/** Whether a server of that version has what came with the releases named. */
export function isSince(version: string, first: Since): boolean {
  const [major, minor, patch] = numbersOf(version);
  const releases = first.split(", ").map(numbersOf);
  const ofItsLine = releases.find((release) => release[0] === major && release[1] === minor);
  if (ofItsLine !== undefined) return patch >= ofItsLine[2];
  return releases.every((release) => major > release[0] || (major === release[0] && minor > release[1]));
}

/** What a server of that version does. */
export function traitsOf(version: string): ServerTraits {
  const has = (trait: Trait): boolean => isSince(version, since[trait]);
  return {
    progressWaitsForAll: has("progressWaitsForAll"),
    progressWaitsForStart: has("progressWaitsForStart"),
    refusesNegativeStart: has("refusesNegativeStart"),
    keepsTombstoneAtCompaction: has("keepsTombstoneAtCompaction"),
    hasNoGapAfterCompaction: has("hasNoGapAfterCompaction"),
    checksOpenEnd: has("checksOpenEnd"),
    checksGrantedRange: has("checksGrantedRange"),
    checksKeysOfLease: has("checksKeysOfLease"),
    ignoresTokenWithoutAuth: has("ignoresTokenWithoutAuth"),
    guardsAdminCalls: has("guardsAdminCalls"),
    checksNestedTxn: has("checksNestedTxn"),
    checksPutInTxn: has("checksPutInTxn"),
  };
}
