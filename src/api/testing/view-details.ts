import type { ContainerView } from "../../engine/engine.ts";
import type { Container } from "../../model/container.ts";
import { parseLink } from "../../model/link.ts";

/** What the fake engine shows of a container beside its record: the links of the default bridge, and made-up paths. */
export function viewDetails(endpoints: ContainerView["endpoints"], find: (reference: string) => Container) {
  const links = endpoints
    .filter(({ network }) => network.name === "bridge")
    .flatMap(({ endpoint }) => endpoint.settings.links)
    .map(parseLink)
    .map(({ reference, alias }) => ({ alias, target: find(reference).name }));
  const files = { resolvConf: "/r/resolv.conf", hosts: "/r/hosts", hostname: "/r/hostname", log: "/r/log" };
  return { sandboxPath: "/run/fairlead/netns/1", mountpoints: {}, linkedNames: [], execIds: [], links, files };
}
