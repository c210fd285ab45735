import { EngineError } from "../../../base/errors.ts";
import type { ImageAtRegistry, RegistryAccess, RegistryCredentials } from "../../../contracts/images.ts";
import { familiarReference, familiarRepository, type ImageReference } from "../../../model/image-reference.ts";
import { isIndexType, parseIndex, parseManifest, readJson } from "../documents.ts";
import { domainOfServer, endpointsOf, type RegistrySettings } from "./endpoints.ts";
import { fetchManifest } from "./manifest.ts";
import { Registry } from "./registry.ts";
import { pullFailure } from "./registry-error.ts";

const open = (settings: RegistrySettings, domain: string, scope: string, access: RegistryAccess): Registry => {
  const endpoint = endpointsOf(domain, settings).at(-1);
  if (!endpoint) throw new EngineError("REGISTRY_AWAY", { registry: domain, why: "it has no address" });
  return new Registry(domain, endpoint, { ...access, scope });
};

/** `docker login`: whether the registry takes the name and the password. */
export async function login(
  settings: RegistrySettings,
  server: string,
  credentials: RegistryCredentials,
  signal: AbortSignal,
): Promise<void> {
  await open(settings, domainOfServer(server), "", { credentials, signal }).ping();
}

/** All tags of a repository, page by page. */
export async function tagsOf(
  settings: RegistrySettings,
  reference: ImageReference,
  access: RegistryAccess,
): Promise<string[]> {
  const { domain, path } = reference;
  const registry = open(settings, domain, `repository:${path}:pull`, access);
  const tags: string[] = [];
  let next: string | undefined = `/v2/${path}/tags/list`;
  try {
    while (next !== undefined) {
      const { bytes, answer } = await registry.document({ method: "GET", path: next });
      const page = readJson(bytes, "list of tags")["tags"];
      if (Array.isArray(page)) tags.push(...page.map(String));
      next = /<([^>]+)>;\s*rel="?next"?/.exec(String(answer.headers["link"] ?? ""))?.[1];
    }
  } catch (error) {
    throw pullFailure(error, { name: familiarRepository(reference), reference: familiarReference(reference) });
  }
  return tags;
}

/** GET /distribution: what a registry has under a name. */
export async function lookUp(
  settings: RegistrySettings,
  reference: ImageReference,
  access: RegistryAccess,
): Promise<ImageAtRegistry> {
  const { domain, path, tag, digest } = reference;
  const registry = open(settings, domain, `repository:${path}:pull`, access);
  try {
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
  } catch (error) {
    throw pullFailure(error, { name: familiarRepository(reference), reference: familiarReference(reference) });
  }
}
