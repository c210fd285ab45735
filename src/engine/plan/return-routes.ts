import { formatCidr, networkOfAddress } from "../../base/cidr.ts";
import type { KernelObject, NetnsRef } from "../../contracts/kernel.ts";
import type { PortMapping } from "../../model/port.ts";
import type { Attachment } from "./attachment.ts";
import { electGateway, electPublisher, routedBeside, through } from "./gateway-order.ts";

/** Tables of each sandbox that hold nothing else: this one and those after it. */
const firstTable = 1080;

/**
 * Where ports are published or opened on one network and the default route leads through another, answers to clients
 * have to go back the way the questions came: what has that endpoint's address leaves through its network.
 */
export function returnRoutes(
  sandbox: NetnsRef,
  attachments: readonly Attachment[],
  ports: readonly PortMapping[],
): KernelObject[] {
  return ([4, 6] as const).flatMap((family) => {
    const publisher = electPublisher(attachments, family);
    const published = ports.some(({ hostIp }) => hostIp.includes(":") === (family === 6));
    if (!publisher || !published) return [];
    const wayOut = electGateway(attachments, family)?.attachment;
    return [publisher, ...routedBeside(attachments, family)]
      .filter(({ attachment }) => attachment !== wayOut)
      .flatMap((way, index) => wayBack(sandbox, family, way, firstTable + index));
  });
}

function wayBack(
  sandbox: NetnsRef,
  family: 4 | 6,
  { attachment, gateway, address }: ReturnType<typeof routedBeside>[number],
  table: number,
): KernelObject[] {
  const { endpoint, network } = attachment;
  const why = `answers of ports published through ${network.name}`;
  const mark = { netns: sandbox, owner: `endpoint/${endpoint.id}`, why };
  const subnet = formatCidr(networkOfAddress((family === 4 ? endpoint.ipv4 : endpoint.ipv6) ?? ""));
  const route = { kind: "route", ...mark, link: endpoint.ifName ?? "eth0", table } as const;
  return [
    { ...route, destination: subnet },
    { ...route, destination: family === 4 ? "0.0.0.0/0" : "::/0", ...through(gateway) },
    { kind: "rule", ...mark, source: address, table },
  ];
}
