import { EngineError } from "../../../base/errors.ts";
import type { ImageAtRegistry, RegistryAccess, RegistryCredentials } from "../../../contracts/images.ts";
import type { ImageReference } from "../../../model/image-reference.ts";
import { isIndexType, parseIndex, parseManifest, readJson } from "../documents.ts";
import { ask } from "./ask.ts";
import { domainOfServer, endpointsOf, type RegistrySettings } from "./endpoints.ts";
import { fetchManifest } from "./manifest.ts";
import { Registry } from "./registry.ts";

/** `docker login`: whether the registry takes the name and the password. */
export async function login(
  settings: RegistrySettings,
  server: string,
  credentials: RegistryCredentials,
  signal: AbortSignal,
): Promise<void> {
  const domain = domainOfServer(server);
  const endpoint = endpointsOf(domain, settings).at(-1);
  if (!endpoint) throw new EngineError("REGISTRY_AWAY", { registry: domain, why: "it has no address" });
  await new Registry(domain, endpoint, { credentials, signal, scope: "" }).ping();
}

/** All tags of a repository, page by page. */
export const tagsOf = (
  settings: RegistrySettings,
  reference: ImageReference,
  access: RegistryAccess,
): Promise<string[]> =>
  ask({ settings, reference, access }, async (registry) => {
    const tags: string[] = [];
    let next: string | undefined = `/v2/${reference.path}/tags/list`;
    while (next !== undefined) {
      const { bytes, answer } = await registry.document({ method: "GET", path: next });
      const page = readJson(bytes, "list of tags")["tags"];
      if (Array.isArray(page)) tags.push(...page.map(String));
      next = /<([^>]+)>;\s*rel="?next"?/.exec(String(answer.headers["link"] ?? ""))?.[1];
    }
    return tags;
  });

/** GET /distribution: what a registry has under a name. */
export const lookUp = (
  settings: RegistrySettings,
  reference: ImageReference,
  access: RegistryAccess,
): Promise<ImageAtRegistry> =>
  ask({ settings, reference, access }, async (registry) => {
    const { path, tag, digest } = reference;
    const { descriptor, bytes } = await fetchManifest(registry, path, digest ?? tag ?? "latest");
    if (isIndexType(descriptor.mediaType))
      return { ...descriptor, platforms: parseIndex(bytes).flatMap(({ platform }) => platform ?? []) };
    const { config } = parseManifest(bytes, descriptor.mediaType);
    const file = readJson(
      (await registry.document({ method: "GET", path: `/v2/${path}/blobs/${config.digest}` })).bytes,
      "image configuration",
    );
    const { architecture, os, variant } = file as Record<string, string>;
    return {
      ...descriptor,
      platforms: [{ architecture: architecture ?? "", os: os ?? "", ...(variant ? { variant } : {}) }],
    };
  });
