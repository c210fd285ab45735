import { writeFileSync } from "node:fs";
import { type Body, ip, type PluginState, type Verbs } from "./protocol.ts";

/** NetworkDriver of the plugin: a bridge a network, a veth pair an endpoint, whose near end stays in the bridge. */
export const networkVerbs: Verbs = {
  "NetworkDriver.GetCapabilities": () => ({ Scope: "local", ConnectivityScope: "local" }),
  "NetworkDriver.CreateNetwork": createNetwork,
  "NetworkDriver.DeleteNetwork": deleteNetwork,
  "NetworkDriver.CreateEndpoint": createEndpoint,
  "NetworkDriver.DeleteEndpoint": deleteEndpoint,
  "NetworkDriver.EndpointOperInfo": () => ({ Value: {} }),
  "NetworkDriver.Join": join,
  "NetworkDriver.Leave": leave,
  "NetworkDriver.ProgramExternalConnectivity": program,
  "NetworkDriver.RevokeExternalConnectivity": revoke,
  "NetworkDriver.DiscoverNew": () => ({}),
  "NetworkDriver.DiscoverDelete": () => ({}),
};

const idOf = (body: Body, field: string): string => String(body[field] ?? "");
const nearEnd = (endpoint: string) => `pn${endpoint.slice(0, 10)}`;
const farEnd = (endpoint: string) => `pf${endpoint.slice(0, 10)}`;

function createNetwork(body: Body, { networks }: PluginState): Body {
  const id = idOf(body, "NetworkID");
  const bridge = `pb${id.slice(0, 10)}`;
  const [data] = (body["IPv4Data"] ?? []) as { Gateway?: string }[];
  const mac = `02:43:${id.slice(0, 8).match(/../g)?.join(":")}`;
  ip("link", "add", bridge, "address", mac, "type", "bridge"); // its own: else that of its ports, one or the other
  writeFileSync(`/proc/sys/net/ipv6/conf/${bridge}/disable_ipv6`, "1"); // nothing that comes with its first port
  ip("link", "set", bridge, "up");
  if (data?.Gateway) ip("addr", "add", data.Gateway, "dev", bridge);
  networks[id] = { bridge, gateway: data?.Gateway?.split("/")[0] ?? "" };
  return {};
}

function deleteNetwork(body: Body, { networks }: PluginState): Body {
  const id = idOf(body, "NetworkID");
  const network = networks[id];
  if (!network) throw new Error(`no network ${id}`);
  ip("link", "del", network.bridge);
  delete networks[id];
  return {};
}

function createEndpoint(body: Body, { networks, endpoints }: PluginState): Body {
  const [network, endpoint] = [idOf(body, "NetworkID"), idOf(body, "EndpointID")];
  const found = networks[network];
  if (!found) throw new Error(`no network ${network}`);
  ip("link", "add", nearEnd(endpoint), "type", "veth", "peer", "name", farEnd(endpoint));
  ip("link", "set", nearEnd(endpoint), "master", found.bridge, "up");
  endpoints[endpoint] = { network, joined: false, ports: null };
  const { MacAddress } = (body["Interface"] ?? {}) as { MacAddress?: string };
  return MacAddress ? {} : { Interface: { MacAddress: `02:42:${endpoint.slice(0, 8).match(/../g)?.join(":")}` } };
}

function deleteEndpoint(body: Body, { endpoints }: PluginState): Body {
  const endpoint = idOf(body, "EndpointID");
  if (!endpoints[endpoint]) throw new Error(`no endpoint ${endpoint}`);
  delete endpoints[endpoint];
  removeLink(nearEnd(endpoint));
  return {};
}

/** It goes with the namespace that its other end is in, perhaps at this moment. */
function removeLink(name: string): void {
  const isThere = () => ip("-o", "link").includes(`: ${name}@`);
  if (!isThere()) return;
  try {
    ip("link", "del", name);
  } catch (error) {
    if (isThere()) throw error;
  }
}

function join(body: Body, { networks, endpoints }: PluginState): Body {
  const endpoint = endpoints[idOf(body, "EndpointID")];
  if (!endpoint) throw new Error("no such endpoint");
  endpoint.joined = true;
  return {
    InterfaceName: { SrcName: farEnd(idOf(body, "EndpointID")), DstPrefix: "eth" },
    Gateway: networks[endpoint.network]?.gateway ?? "",
  };
}

function leave(body: Body, { endpoints }: PluginState): Body {
  const endpoint = endpoints[idOf(body, "EndpointID")];
  if (endpoint) endpoint.joined = false;
  return {};
}

function program(body: Body, { endpoints }: PluginState): Body {
  const endpoint = endpoints[idOf(body, "EndpointID")];
  if (endpoint) endpoint.ports = (body["Options"] as Body | undefined)?.["com.docker.network.portmap"] ?? [];
  return {};
}

function revoke(body: Body, { endpoints }: PluginState): Body {
  const endpoint = endpoints[idOf(body, "EndpointID")];
  if (endpoint) endpoint.ports = null;
  return {};
}
