import { EngineError } from "../../../base/errors.ts";
import type { Container } from "../../../model/container.ts";
import { isRunning } from "../../../model/container-state.ts";
import type { State } from "../../state.ts";
import { type Link, linkEnvironment } from "./environment.ts";

type Parts = { readonly state: State };

/** Legacy links are those of the default bridge; on other networks a link is a name and nothing else. */
function linksOf({ state }: Parts, container: Container): { alias: string; target: Container | undefined }[] {
  const bridge = state.networkNamed("bridge")?.id;
  const endpoint = state.endpointsOf(container.id).find(({ networkId }) => networkId === bridge);
  return (endpoint?.settings.links ?? []).map((text) => {
    const [reference = "", alias = reference] = text.replace(/^\//, "").split(":");
    const target = state.containers.get(reference) ?? state.containerNamed(reference);
    return { alias: alias.replace(/^\//, ""), target };
  });
}

/** Ids of the containers it is linked to: they are started before it. */
export const linkTargets = (parts: Parts, container: Container): string[] =>
  linksOf(parts, container).flatMap(({ target }) => target?.id ?? []);

/** What its links put into its environment. Throws, as Docker does, when one leads to a container that does not run. */
export function linkVariables(parts: Parts, container: Container): string[] {
  const links = linksOf(parts, container).flatMap(({ alias, target }): Link[] => {
    if (!target) return []; // removed since: nothing is left to be said of it
    if (!isRunning(target)) {
      const why = `Cannot link to a non running container: /${target.name} AS /${container.name}/${alias}`;
      throw new EngineError("CONTAINER_CONFLICT", { why });
    }
    const address = addressOf(parts, target);
    return address === undefined ? [] : [{ alias, target, address }];
  });
  return linkEnvironment(container.name, links);
}

function addressOf({ state }: Parts, { id }: Container): string | undefined {
  const bridge = state.networkNamed("bridge")?.id;
  return state
    .endpointsOf(id)
    .find(({ networkId }) => networkId === bridge)
    ?.ipv4?.split("/")[0];
}
