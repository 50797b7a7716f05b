function parts(version: string): [number, number, number] {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map((part) => parseInt(part, 10));
  return [major, minor, patch];
}

/**
 * Whether a server has what came in these releases, the first of each branch that has it: `hasChange("3.5.16", "3.4.38", "3.5.22")` is
 * false. Branches that come after the last one have it too.
 */
export function hasChange(version: string, ...releases: string[]): boolean {
  const [major, minor, patch] = parts(version);
  const branches = releases.map(parts);
  const own = branches.find(([, branchMinor]) => branchMinor === minor);
  if (own !== undefined) return major > own[0] || patch >= own[2];
  return branches.every(([branchMajor, branchMinor]) => major > branchMajor || minor > branchMinor);
}
