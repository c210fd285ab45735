import type { Container } from "../../../model/container.ts";
import type { State } from "../../state.ts";
import { linksOf } from "./links.ts";

/** Containers with a legacy link to this one. */
export const linkersOf = (parts: { readonly state: State }, id: string): Container[] =>
  allLinkers(parts).filter((linker) => linksOf(parts, linker).some(({ target }) => target?.id === id));

/** Containers with any legacy link. */
function allLinkers({ state }: { readonly state: State }): Container[] {
  const bridge = state.networkNamed("bridge")?.id ?? "";
  const linked = state.endpointsOn(bridge).filter(({ settings }) => settings.links.length > 0);
  return linked.flatMap(({ containerId }) => state.containers.get(containerId) ?? []);
}
