import { EngineError } from "../../../base/errors.ts";
import type { RegistryAccess } from "../../../contracts/images.ts";
import { familiarReference, familiarRepository, type ImageReference } from "../../../model/image-reference.ts";
import { endpointsOf, type RegistrySettings } from "./endpoints.ts";
import { Registry } from "./registry.ts";
import { pullFailure } from "./registry-error.ts";

/** What is asked for, and how it may be. */
interface Asked {
  readonly settings: RegistrySettings;
  readonly reference: ImageReference;
  readonly access: RegistryAccess;
}

/**
 * Asks for what is under a name: at the mirrors first, as Docker does for all that is read (moby, registry/service_v2.go),
 * until one has an answer. Throws what the last one said.
 */
export async function ask<T>(
  { settings, reference, access: { credentials, signal } }: Asked,
  question: (registry: Registry) => Promise<T>,
): Promise<T> {
  const { domain, path } = reference;
  const endpoints = endpointsOf(domain, settings);
  for (const [index, endpoint] of endpoints.entries()) {
    const registry = new Registry(domain, endpoint, { credentials, signal, scope: `repository:${path}:pull` });
    try {
      return await question(registry);
    } catch (error) {
      if (signal.aborted || index === endpoints.length - 1)
        throw pullFailure(error, { name: familiarRepository(reference), reference: familiarReference(reference) });
    }
  }
  throw new EngineError("REGISTRY_AWAY", { registry: domain, why: "it has no address" });
}
