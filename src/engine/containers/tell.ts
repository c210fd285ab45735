import type { Container } from "../../model/container.ts";
import type { EventHub } from "../events.ts";
import type { ContainerParts } from "./parts.ts";

/** A container event with Docker's attributes: labels first, then image and name, then the action's own. */
export function tell(
  { events }: { events: EventHub },
  action: string,
  container: Container,
  attributes: Readonly<Record<string, string>> = {},
): void {
  const { labels, rootfs } = container.config;
  const own = { ...labels, image: imageOf(rootfs), name: container.name, ...attributes };
  events.emit("container", action, { id: container.id, attributes: own });
}

/** Docker's network events of a container that starts or has ended: one for each network it is on. */
export function tellNetworks(
  { events, state }: Pick<ContainerParts, "events" | "state">,
  action: "connect" | "disconnect",
  { id }: Container,
): void {
  for (const { networkId, leg } of state.endpointsOf(id)) {
    const network = state.networks.get(networkId);
    if (!network || leg) continue; // removed while the container did not run
    const attributes = { container: id, name: network.name, type: network.driver };
    events.emit("network", action, { id: networkId, attributes });
  }
}

/** What a container's root is called where Docker shows an image. */
export function imageOf(rootfs: Container["config"]["rootfs"]): string {
  switch (rootfs.kind) {
    case "image":
      return rootfs.reference;
    case "directory":
      return rootfs.path;
    case "host":
      return "host";
  }
}
