import { invalid } from "../../base/errors.ts";
import { distance, formatPlatform, type Platform } from "../../model/platform.ts";
import type { Descriptor } from "./documents.ts";

/** The manifest for a platform out of an index. */
export function choosePlatform(manifests: readonly Descriptor[], wanted: Platform): Descriptor {
  const found = findPlatform(manifests, wanted);
  if (found) return found;
  throw invalid("platform", `no matching manifest for ${formatPlatform(wanted)} in the manifest list entries`);
}

/** The one that runs best, the first of those that run as well; one of which nothing is said only for want of others. */
export function findPlatform(manifests: readonly Descriptor[], wanted: Platform): Descriptor | undefined {
  const rank = ({ platform }: Descriptor) => (platform ? distance(platform, wanted) : Number.MAX_SAFE_INTEGER);
  const [best] = manifests.filter((one) => Number.isFinite(rank(one))).sort((one, other) => rank(one) - rank(other));
  return best;
}
