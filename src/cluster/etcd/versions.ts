/** What of etcd's versions a user must know, in sentences. */
export function versionWarnings(version: string): string[] {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  const number = (major * 1000 + minor) * 1000 + patch;
  if (number < 3_004_000) {
    return [`etcd ${version} is older than any that Fairlead was made for: ${remedy}.`];
  }
  // etcd issues 17529, 17612 and 18089: fixed in 3.4.31 and 3.5.13.
  const losesEvents = number < 3_004_031 || (number >= 3_005_000 && number < 3_005_013);
  if (losesEvents) {
    const effect = "hosts may see changes up to an hour late";
    return [`etcd ${version} can lose events of a watch around a compaction, so ${effect}: ${remedy}.`];
  }
  if (number < 3_005_000) {
    return [`etcd ${version} is old, and slow for good after large deletions: ${remedy}.`];
  }
  return [];
}

const remedy = "update to the newest 3.5 or 3.6";
