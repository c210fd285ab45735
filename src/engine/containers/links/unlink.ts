import { EngineError } from "../../../base/errors.ts";
import type { Container } from "../../../model/container.ts";
import type { Endpoint } from "../../../model/endpoint.ts";
import { parseLink } from "../../../model/link.ts";
import { findContainer } from "../../reference.ts";
import { hold } from "../held.ts";
import type { ContainerParts } from "../parts.ts";
import { bridgeEndpoint } from "./links.ts";

/**
 * `docker rm --link NAME/ALIAS`: a container forgets a legacy link of the default bridge, and its name at once, in
 * DNS and in hosts. Variables that the link has set stay until its next start, as in Docker.
 */
export async function unlinkContainer(parts: ContainerParts, reference: string, alias: string): Promise<void> {
  const { state, networking, files } = parts;
  await using held = await hold(parts, findContainer(state, reference).id);
  const { container } = held;
  const endpoint = bridgeEndpoint(state, container.id);
  const before = endpoint?.settings.links ?? container.partedLinks ?? [];
  const links = before.filter((link) => parseLink(link).alias !== alias);
  if (links.length === before.length)
    throw new EngineError("CONTAINER_NOT_FOUND", { container: `${reference}/${alias}` });
  if (!endpoint) {
    const value = { ...withoutGiven(container, alias), partedLinks: links };
    return state.commit([{ put: "container", id: container.id, value }]);
  }
  const changed: Endpoint = { ...endpoint, settings: { ...endpoint.settings, links } };
  try {
    await networking.relink(container, changed, () =>
      state.commit([
        { put: "endpoint", id: changed.id, value: changed },
        { put: "container", id: container.id, value: withoutGiven(container, alias) },
      ]),
    );
  } finally {
    files.updateHosts(container, state.endpointsOf(container.id));
  }
}

/** Inspect shows links as they were sent. */
function withoutGiven(container: Container, alias: string): Container {
  const { given } = container.config;
  const links = given?.hostConfig["Links"];
  if (!given || !Array.isArray(links)) return container;
  const left = links.filter((link) => parseLink(String(link)).alias !== alias);
  const hostConfig = { ...given.hostConfig, Links: left.length > 0 ? left : null };
  return { ...container, config: { ...container.config, given: { ...given, hostConfig } } };
}
