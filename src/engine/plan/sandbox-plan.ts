import { containsIp, networkOfAddress } from "../../base/cidr.ts";
import { parseIp } from "../../base/ip.ts";
import type { Plan } from "../../contracts/driver.ts";
import type { KernelObject, NetnsRef } from "../../contracts/kernel.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { PortMapping } from "../../model/port.ts";
import type { Attachment } from "./attachment.ts";
import { electGateway, through } from "./gateway-order.ts";
import { portElements } from "./port-elements.ts";
import { returnRoutes } from "./return-routes.ts";

/**
 * Everything a sandbox consists of: what its endpoints are made of, the routes, and the published ports. The
 * one description that start, connect, disconnect, publish, repair and removal work from.
 */
export function sandboxPlan(
  sandbox: NetnsRef,
  attachments: readonly Attachment[],
  ports: readonly PortMapping[],
): Plan {
  const plans = attachments.map(({ driver, network, endpoint }) => driver.endpoint(network, endpoint, sandbox));
  return {
    objects: [
      ...plans.flatMap((plan) => plan.objects),
      ...defaultRoutes(sandbox, attachments),
      ...returnRoutes(sandbox, attachments, ports),
    ],
    elements: [...plans.flatMap((plan) => plan.elements), ...portElements(attachments, ports)],
  };
}

function defaultRoutes(sandbox: NetnsRef, attachments: readonly Attachment[]): KernelObject[] {
  return ([4, 6] as const).flatMap((family) => {
    const elected = electGateway(attachments, family);
    if (!elected) return [];
    const { endpoint, network } = elected.attachment;
    const why = `default route through ${network.name}`;
    const link = endpoint.ifName ?? "eth0";
    const route = { kind: "route", netns: sandbox, owner: `endpoint/${endpoint.id}`, why, link } as const;
    return [
      ...(isBeside(endpoint, elected.gateway) ? [{ ...route, destination: `${elected.gateway}/32` }] : []),
      { ...route, destination: family === 4 ? "0.0.0.0/0" : "::/0", ...through(elected.gateway) },
    ];
  });
}

/** Some DHCP servers lend single addresses with a router outside their subnet: it is on the link all the same. */
function isBeside({ ipv4, leases }: Endpoint, gateway: string): boolean {
  const router = parseIp(gateway);
  if (leases?.ipv4?.router !== gateway || !ipv4 || !router) return false;
  return !containsIp(networkOfAddress(ipv4), router);
}
