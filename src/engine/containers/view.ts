import type { Container } from "../../model/container.ts";
import { isUp } from "../../model/container-state.ts";
import type { ContainerView, Filters } from "../engine.ts";
import { mountpointsOf } from "../volumes/open.ts";
import { containerMatcher } from "./filters.ts";
import { linkedNames, linkNames } from "./links/links.ts";
import type { ContainerParts } from "./parts.ts";

/** What inspect and list show of a container. */
export function viewContainer(
  parts: ContainerParts,
  container: Container,
  linked: readonly string[] = [],
): ContainerView {
  const { networking, files, logPath } = parts;
  return {
    container,
    ...networking.view(container),
    mountpoints: mountpointsOf(parts.volumes, container),
    linkedNames: linked,
    links: linkNames(parts, container),
    execIds: parts.execs.openIn(container.id),
    files: { ...files.paths(container), log: logPath(container.id) },
  };
}

/** Newest first. Only those that are up unless `all`; the limit counts after the filters. */
export function listContainers(
  parts: ContainerParts,
  options: { all: boolean; limit?: number; filters: Filters },
): ContainerView[] {
  const matches = containerMatcher(parts, options.filters);
  const linked = linkedNames(parts);
  const containers = [...parts.state.containers.values()].reverse();
  return containers
    .filter((container) => (options.all || isUp(container)) && matches(container))
    .slice(0, options.limit)
    .map((container) => viewContainer(parts, container, linked.get(container.id)));
}
