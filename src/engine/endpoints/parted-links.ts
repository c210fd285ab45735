import type { Container } from "../../model/container.ts";
import type { EndpointSettings } from "../../model/endpoint.ts";
import { parseLink } from "../../model/link.ts";
import type { Network } from "../../model/network.ts";

/*
 * A legacy link is the container's, and outlives its place on the default bridge (moby, daemon/links.go): while it has none
 * there, its own record keeps the links. On other networks they are an endpoint's, and go with it.
 */

/** The container as it is once it is off the network. */
export function partLinks(container: Container, network: Network, { links }: EndpointSettings): Container {
  return network.name === "bridge" && links.length > 0 ? { ...container, partedLinks: links } : container;
}

/** The container and its settings as they are once it is on the network. A link that is given now goes first. */
export function rejoinLinks(
  container: Container,
  network: Network,
  settings: EndpointSettings,
): { container: Container; settings: EndpointSettings } {
  const { partedLinks, ...rest } = container;
  if (network.name !== "bridge" || !partedLinks) return { container, settings };
  const given = new Set(settings.links.map((link) => parseLink(link).alias));
  const kept = partedLinks.filter((link) => !given.has(parseLink(link).alias));
  return { container: rest, settings: { ...settings, links: [...kept, ...settings.links] } };
}
