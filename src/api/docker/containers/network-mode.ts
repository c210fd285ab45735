import { EngineError, invalid } from "../../../base/errors.ts";
import { shortId } from "../../../base/ids.ts";
import type { ContainerRequest, Engine } from "../../../engine/engine.ts";
import type { NetworkMode } from "../../../model/container.ts";
import { parseLink } from "../../../model/link.ts";
import { Refusal } from "../../refusal.ts";
import { type EndpointBody, endpointSettings } from "../networks/endpoint-body.ts";
import { isUserDefined } from "../networks/validate-endpoint.ts";
import type { CreateBody } from "./create-body.ts";

interface Networking {
  readonly networkMode: NetworkMode;
  readonly networkModeText: string;
  readonly endpoints: ContainerRequest["endpoints"];
}

const hostLinks = "host type networking can't be used with links. This would result in undefined behavior";

/** HostConfig.NetworkMode and NetworkingConfig in the model's words, after Docker's checks of what goes together. */
export function parseNetworking(engine: Engine, body: CreateBody, version: number): Networking {
  const asked = body.HostConfig?.NetworkMode ?? "";
  const text = asked === "" || asked === "default" ? "bridge" : asked;
  // As --network none, whatever else is asked for; and what would be on the default bridge where the daemon has none.
  if (body.NetworkDisabled || (text === "bridge" && lacksBridge(engine, body))) {
    const settings = endpointSettings("none", {}, { gwPriority: false });
    return { networkMode: { kind: "none" }, networkModeText: text, endpoints: [{ network: "none", settings }] };
  }
  if (text.startsWith("container:")) return joined(engine, body, text);
  if (text === "host") refuse(hasLinks(body), hostLinks);
  // Names of user-defined networks come and go; on the default one a link is all there is, and docker wants it there.
  const links = (body.HostConfig?.Links ?? []).map((link) => (text === "bridge" ? heldLink(engine, link) : link));
  const linked = { ...body, HostConfig: { ...body.HostConfig, Links: links } };
  const endpoints = endpointsOf(engine, linked, { mode: text, version });
  if (text === "host" || text === "none") {
    const other = endpoints.find(({ network }) => network !== text);
    refuse(other !== undefined, `network ${other?.network} and the network mode ${text}`);
  }
  const kind = text === "host" || text === "none" ? text : "networks";
  return { networkMode: { kind }, networkModeText: text, endpoints };
}

/** `--bridge none`: only who asks for another network gets one. */
function lacksBridge({ networks }: Engine, { NetworkingConfig: given }: CreateBody): boolean {
  if (networks.has("bridge")) return false;
  return Object.keys(given?.EndpointsConfig ?? {}).every((name) => name === "bridge" || name === "default");
}

/**
 * By the target's id, so that it holds when the target is renamed. One that shares another's network stands for that
 * other one in all that a link gives (moby's registerLinks).
 */
function heldLink(engine: Engine, link: string): string {
  const { reference, alias } = parseLink(link);
  try {
    const { container } = engine.containers.inspect(reference);
    const mode = container.config.networkMode;
    const owner = mode.kind === "container" ? engine.containers.inspect(mode.containerId).container : container;
    refuse(owner.config.networkMode.kind === "host", hostLinks);
    return `${shortId(owner.id)}:${alias}`;
  } catch (error) {
    if (!(error instanceof EngineError && error.code === "CONTAINER_NOT_FOUND")) throw error;
    throw new Refusal(400, `could not get container for ${reference}: ${error.message}`);
  }
}

/** Docker's conflicts of a container that lives in another one's sandbox (runconfig, 28.x). */
function joined(engine: Engine, body: CreateBody, text: string): Networking {
  const host = body.HostConfig ?? {};
  const some = (list: unknown) => Object.keys(list ?? {}).length > 0;
  refuse(hasLinks(body), "container type network can't be used with links. This would result in undefined behavior");
  refuse(Boolean(body.Hostname || body.Domainname), "hostname and the network mode");
  refuse(some(host.Dns) || some(host.DnsSearch) || some(host.DnsOptions), "dns and the network mode");
  refuse(some(host.ExtraHosts), "custom host-to-IP mapping and the network mode");
  const own = body.NetworkingConfig?.EndpointsConfig?.[text] ?? {};
  refuse(Boolean(body.MacAddress || own.MacAddress), "mac-address and the network mode");
  refuse(some(own.IPAMConfig), "IP address and the network mode");
  refuse(some(own.Aliases), "network-alias and the network mode");
  refuse(
    some(host.PortBindings) || host.PublishAllPorts === true,
    "port publishing and the container type network mode",
  );
  refuse(some(body.ExposedPorts), "port exposing and the container type network mode");
  const others = Object.keys(body.NetworkingConfig?.EndpointsConfig ?? {}).filter((name) => name !== text);
  refuse(others.length > 0, `network ${others.join(", ")} and the container type network mode`);
  const reference = text.slice("container:".length);
  if (reference === "") throw invalid("NetworkMode", "a container name or id must follow container:");
  const { id } = engine.containers.inspect(reference).container;
  return { networkMode: { kind: "container", containerId: id }, networkModeText: `container:${id}`, endpoints: [] };
}

const hasLinks = (body: CreateBody): boolean => (body.HostConfig?.Links ?? []).length > 0;

function refuse(conflict: boolean, what: string): void {
  if (conflict) throw new Refusal(400, `conflicting options: ${what}`);
}

/** The networks in the order given; the one of NetworkMode is there even if it has no settings. */
function endpointsOf(
  engine: Engine,
  body: CreateBody,
  { mode, version }: { mode: string; version: number },
): ContainerRequest["endpoints"] {
  const given = Object.entries(body.NetworkingConfig?.EndpointsConfig ?? {}).map(
    ([name, config]): [string, EndpointBody] => [name === "default" ? "bridge" : name, config ?? {}],
  );
  if (version < 44 && given.length > 1) {
    const names = given.map(([name]) => name).join(", ");
    throw new Refusal(400, `Container cannot be created with multiple network endpoints: ${names}`);
  }
  const networks = new Map(given);
  const mainName = given.map(([name]) => name).find((name) => areOneNetwork(engine, name, mode)) ?? mode;
  // A client that gives networks and leaves the mode to us means those networks, not the default one as well.
  if (!networks.has(mainName) && (networks.size === 0 || isUserDefined(mode))) networks.set(mainName, {});
  refuseTwoMacs(body, networks.get(mainName));
  return [...networks].map(([network, config]) => {
    const main = network === mainName;
    const merged = { ...config, ...(main && body.MacAddress ? { MacAddress: body.MacAddress } : {}) };
    const settings = endpointSettings(network, merged, {
      gwPriority: version >= 48,
      where: `invalid config for network ${network}: `,
    });
    // Docker's CLI says them in both places.
    const links = main ? [...new Set([...settings.links, ...(body.HostConfig?.Links ?? [])])] : settings.links;
    return { network, settings: { ...settings, links } };
  });
}

/** Watchtower says the id in NetworkMode and the name in EndpointsConfig. */
const areOneNetwork = (engine: Engine, one: string, other: string): boolean =>
  one === other || (idOf(engine, one) ?? one) === idOf(engine, other);

/** Undefined when there is no such network, which the engine says in its own words. */
function idOf({ networks }: Engine, reference: string): string | undefined {
  try {
    return networks.inspect(reference).network.id;
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

function refuseTwoMacs(body: CreateBody, main: EndpointBody | undefined): void {
  if (!body.MacAddress || !main?.MacAddress || body.MacAddress === main.MacAddress) return;
  const why =
    "the container-wide MAC address must match the endpoint-specific MAC address for the main network, or be left empty";
  throw invalid("MacAddress", why);
}
