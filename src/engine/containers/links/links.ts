import { EngineError } from "../../../base/errors.ts";
import type { Container } from "../../../model/container.ts";
import { isRunning } from "../../../model/container-state.ts";
import type { Endpoint } from "../../../model/endpoint.ts";
import { parseLink } from "../../../model/link.ts";
import { findContainer } from "../../reference.ts";
import type { State } from "../../state.ts";
import { type Link, linkEnvironment } from "./environment.ts";

type Parts = { readonly state: State };

/** A container's endpoint on the default bridge, the one network that has legacy links. */
export function bridgeEndpoint(state: State, containerId: string): Endpoint | undefined {
  const bridge = state.networkNamed("bridge")?.id;
  return state.endpointsOf(containerId).find(({ networkId }) => networkId === bridge);
}

/** Legacy links are those of the default bridge; on other networks a link is a name and nothing else. */
export const linksOf = ({ state }: Parts, container: Container): FoundLink[] =>
  found(state, bridgeEndpoint(state, container.id)?.settings.links ?? []);

/** Also those of a container that is off the default bridge, where they say nothing, until it is there again. */
const heldLinks = ({ state }: Parts, container: Container): FoundLink[] =>
  container.partedLinks ? found(state, container.partedLinks) : linksOf({ state }, container);

interface FoundLink {
  readonly alias: string;
  readonly target: Container | undefined;
}

const found = (state: State, links: readonly string[]): FoundLink[] =>
  links.map((text) => {
    const { reference, alias } = parseLink(text);
    return { alias, target: targetOf(state, reference) };
  });

/**
 * Undefined for one that has been removed since. Links are held by a short id; by name where they did not come with
 * HostConfig: a name that is gone must not be taken for the beginning of another container's id.
 */
function targetOf(state: State, reference: string): Container | undefined {
  if (!/^[0-9a-f]{12,64}$/.test(reference)) return state.containerNamed(reference);
  try {
    return findContainer(state, reference);
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

/** Ids of the containers it is linked to: they are started before it. */
export const linkTargets = (parts: Parts, container: Container): string[] =>
  linksOf(parts, container).flatMap(({ target }) => target?.id ?? []);

/** What its links put into its environment. Throws, as Docker does, when one leads to a container that does not run. */
export function linkVariables(parts: Parts, container: Container): string[] {
  const links = linksOf(parts, container).flatMap(({ alias, target }): Link[] => {
    if (!target) return []; // nothing is left to be said of it
    const refuse = (why: string) => new EngineError("CONTAINER_CONFLICT", { why });
    if (!isRunning(target))
      throw refuse(`Cannot link to a non running container: /${target.name} AS /${container.name}/${alias}`);
    const address = addressesOf(parts, target).ipv4;
    if (address === undefined)
      throw refuse(`Cannot link to /${target.name}, as it does not belong to the default network`);
    return [{ alias, target, address }];
  });
  return linkEnvironment(container.name, links);
}

/** Lines of its /etc/hosts for the containers it is linked to: programs look there for them, as with Docker. */
export const linkHosts = (parts: Parts, container: Container): string[] =>
  linksOf(parts, container).flatMap(({ alias, target }) => {
    if (!target) return [];
    const names = [...new Set([alias, target.config.hostname, target.name])].join(" ");
    const { ipv4, ipv6 } = addressesOf(parts, target);
    return [ipv4, ipv6].flatMap((address) => (address === undefined ? [] : [`${address}\t${names}`]));
  });

/** Its links by their targets' present names. */
export const linkNames = (parts: Parts, container: Container): { alias: string; target: string }[] =>
  heldLinks(parts, container).flatMap(({ alias, target }) => (target ? [{ alias, target: target.name }] : []));

/** By container the names that links give it, "web/db": `ps` shows them beside its own. */
export function linkedNames(parts: Parts): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const container of parts.state.containers.values())
    for (const { alias, target } of heldLinks(parts, container))
      if (target) names.set(target.id, [...(names.get(target.id) ?? []), `${container.name}/${alias}`]);
  return names;
}

/** On the default bridge, without their prefix lengths. */
function addressesOf({ state }: Parts, { id }: Container): { ipv4: string | undefined; ipv6: string | undefined } {
  const endpoint = bridgeEndpoint(state, id);
  return { ipv4: endpoint?.ipv4?.split("/")[0], ipv6: endpoint?.ipv6?.split("/")[0] };
}
