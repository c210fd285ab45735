import type { ContainerView } from "../../../engine/engine.ts";
import { parseLink } from "../../../model/link.ts";

/**
 * HostConfig.Links, as Docker keeps them: "/db:/web/alias". Those of the default bridge lead to a container, are shown
 * with its present name, and go with it; on other networks a link is what was sent.
 */
export function linksJson({ container, endpoints, links }: ContainerView): readonly string[] | null {
  const { given, networkModeText } = container.config;
  const sent = given?.hostConfig["Links"];
  if (!Array.isArray(sent)) return null;
  const isLinked = container.partedLinks !== undefined || endpoints.some(({ network }) => network.name === "bridge");
  const isHeld = networkModeText === "bridge" && isLinked;
  const targets = new Map(links.map(({ alias, target }) => [alias, target]));
  const shown = sent.flatMap((text) => {
    const { reference, alias } = parseLink(String(text));
    const target = isHeld ? targets.get(alias) : reference;
    return target === undefined ? [] : [`/${target}:/${container.name}/${alias}`];
  });
  return shown.length > 0 ? shown : null;
}
