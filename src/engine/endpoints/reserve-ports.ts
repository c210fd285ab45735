import type { Container } from "../../model/container.ts";
import type { PortMapping, PortRequest } from "../../model/port.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";
import { electGateway, electPublisher, routedFamilies } from "../plan/gateway-order.ts";
import type { StateChange } from "../state.ts";
import { wantedPorts } from "../wanted-ports.ts";
import type { OpenSandbox } from "./open-sandboxes.ts";

type Family = 4 | 6;
const familyOf = (hostIp: string): Family => (hostIp.includes(":") ? 6 : 4);

/** Families in which the outside reaches the container through ports of the host. */
const families = (attachments: readonly Attachment[]): Family[] =>
  ([4, 6] as const).filter((family) => electPublisher(attachments, family));

/** Why ports of such a container cannot be published, for people. */
export function whyUnpublished(attachments: readonly Attachment[]): string {
  const out = electGateway(attachments, 4) ?? electGateway(attachments, 6);
  if (!out) return "none of its networks leads outside";
  const { network, endpoint } = out.attachment;
  const addresses = [endpoint.ipv4, endpoint.ipv6].flatMap((address) => address?.split("/")[0] ?? []);
  return (
    `its way out is network ${network.name} of driver ${network.driver}, where the outside reaches it directly ` +
    `at ${addresses.join(" and ")}; connect it to a bridge network to publish ports of the host`
  );
}

/** Reserves host ports in the families that lead to the container; an internal-only container publishes nothing, as in Docker. */
export function reservePorts(
  parts: Pick<Parts, "ports" | "defaults" | "log">,
  place: { name: string; attachments: readonly Attachment[]; requests: readonly PortRequest[] },
): PortMapping[] {
  const { name, attachments, requests } = place;
  if (requests.length === 0) return [];
  const served = families(attachments);
  if (served.length > 0) {
    const routed = routedFamilies(attachments);
    tellIgnored(parts.log, name, requests, { served, routed });
    const options = { owner: `container ${name}`, families: served, routed };
    return parts.ports.reserve(bound(parts, attachments, requests), options);
  }
  if (attachments.some(({ driver }) => driver.remote)) return []; // its plugin is told
  parts.log.warn(
    { container: name, ports: requests.length },
    `ports are not published: ${whyUnpublished(attachments)}`,
  );
  return [];
}

/** Says what of the requests has no meaning where a family is routed, in Docker's words. */
function tellIgnored(
  log: Parts["log"],
  container: string,
  requests: readonly PortRequest[],
  place: { served: readonly Family[]; routed: readonly Family[] },
): void {
  for (const mapping of requests) {
    const { hostIp, hostPort } = mapping;
    const meant = hostIp === "" ? place.served : [familyOf(hostIp)];
    for (const family of meant.filter((each) => place.served.includes(each) && place.routed.includes(each))) {
      const everywhere = family === 4 ? "0.0.0.0" : "::";
      if (hostIp !== "" && hostIp !== everywhere)
        log.info({ container, mapping }, `Using address ${family === 4 ? everywhere : "[::]"} because NAT is disabled`);
      if (hostPort !== 0) log.info({ container, mapping }, "Host port ignored, because NAT is disabled");
    }
  }
}

/** Host addresses for requests that name none: the network's option, else the daemon's. */
function bound(
  { defaults }: Pick<Parts, "defaults">,
  attachments: readonly Attachment[],
  requests: readonly PortRequest[],
): PortRequest[] {
  const option = electPublisher(attachments, 4)?.attachment.network.options[
    "com.docker.network.bridge.host_binding_ipv4"
  ];
  const bind = option && option !== "0.0.0.0" ? option : defaults.bindAddress;
  return requests.map((request) => (request.hostIp === "" && bind ? { ...request, hostIp: bind } : request));
}

/** What a change of networks means for the published ports of an open sandbox. */
export interface PortChange {
  /** All there are afterwards. */
  readonly ports: readonly PortMapping[];
  /** Reserved for the change: to be released if it fails. */
  readonly added: readonly PortMapping[];
  /** To be released once it is done. */
  readonly gone: readonly PortMapping[];
  /** Those whose traffic takes another way from now on. */
  readonly rerouted: readonly PortMapping[];
}

/**
 * Ports follow the networks: a family that leads outside no more loses its mappings, one that begins to gets them. One
 * that is routed from now on, or no more, gets others.
 */
export function followNetworks(
  parts: Pick<Parts, "ports" | "defaults" | "log">,
  sandbox: OpenSandbox,
  after: readonly Attachment[],
  container: Container,
): PortChange {
  const [served, routed] = [families(after), routedFamilies(after)];
  const [before, routedBefore] = [families(sandbox.attachments), routedFamilies(sandbox.attachments)];
  const stays = (family: Family) =>
    served.includes(family) && before.includes(family) && routed.includes(family) === routedBefore.includes(family);
  const kept = sandbox.ports.filter(({ hostIp }) => stays(familyOf(hostIp)));
  const gone = sandbox.ports.filter((port) => !kept.includes(port));
  const moved = kept.filter(({ hostIp }) => target(sandbox.attachments, hostIp) !== target(after, hostIp));
  const grown = served.filter((family) => !stays(family));
  const wanted = wantedPorts(container);
  tellIgnored(parts.log, container.name, wanted, { served: grown, routed });
  const requests = bound(parts, after, wanted).filter(
    ({ hostIp }) => hostIp === "" || grown.includes(familyOf(hostIp)),
  );
  const owner = `container ${container.name}`;
  const added =
    grown.length > 0 ? parts.ports.reserve(sameNumbers(requests, kept), { owner, families: grown, routed }) : [];
  return { ports: [...kept, ...added], added, gone, rerouted: [...added, ...gone, ...moved] };
}

/** Writes a container's ports down if they have changed. */
export function portsRecord(container: Container, { ports, added, gone }: PortChange): StateChange[] {
  if (added.length + gone.length === 0) return [];
  return [{ put: "container", id: container.id, value: { ...container, ports } }];
}

/** The container's address that a port published at `hostIp` leads to. */
const target = (attachments: readonly Attachment[], hostIp: string): string | undefined =>
  electPublisher(attachments, familyOf(hostIp))?.address;

/** Both families of a request share the host port: what was chosen for the one is asked for in the other. */
function sameNumbers(requests: readonly PortRequest[], kept: readonly PortMapping[]): PortRequest[] {
  const left = [...kept];
  return requests.map((request) => {
    const at = left.findIndex((mapping) => request.hostIp === "" && answers(mapping, request));
    const [mapping] = at < 0 ? [] : left.splice(at, 1);
    return mapping ? { ...request, hostPort: mapping.hostPort, hostPortEnd: mapping.hostPort } : request;
  });
}

const answers = (mapping: PortMapping, { protocol, containerPort, hostPort, hostPortEnd }: PortRequest): boolean =>
  mapping.hostPort !== 0 &&
  mapping.protocol === protocol &&
  mapping.containerPort === containerPort &&
  (hostPort === 0 || (hostPort <= mapping.hostPort && mapping.hostPort <= hostPortEnd));
