import { invalid } from "../../base/errors.ts";
import { fits, formatPlatform, type Platform } from "../../model/platform.ts";
import type { Descriptor } from "./documents.ts";

/** The manifest for a platform out of an index. */
export function choosePlatform(manifests: readonly Descriptor[], wanted: Platform): Descriptor {
  const found = manifests.find(({ platform }) => platform && fits(platform, wanted));
  if (found) return found;
  const [only] = manifests;
  if (only && manifests.length === 1 && !only.platform) return only;
  throw invalid("platform", `no matching manifest for ${formatPlatform(wanted)} in the manifest list entries`);
}
