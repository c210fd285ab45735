import type { ContainerConfig } from "../../../model/container.ts";
import type { PortMapping, PortRequest } from "../../../model/port.ts";

const exposedKeys = (config: ContainerConfig): string[] =>
  config.exposed.map(({ protocol, port }) => `${port}/${protocol}`);

/** Without networks of its own a container has no ports to show, whatever it exposes. */
export const publishes = ({ networkMode }: ContainerConfig): boolean => networkMode.kind === "networks";

/** NetworkSettings.Ports: what is published, and null for what is exposed only. */
export function portMap(config: ContainerConfig, mappings: readonly PortMapping[]) {
  const map: Record<string, { HostIp: string; HostPort: string }[] | null> = {};
  for (const key of exposedKeys(config)) map[key] = null;
  for (const { protocol, containerPort, hostIp, hostPort } of mappings) {
    const key = `${containerPort}/${protocol}`;
    map[key] = [...(map[key] ?? []), { HostIp: hostIp, HostPort: hostPort === 0 ? "" : String(hostPort) }];
  }
  return map;
}

/** HostConfig.PortBindings: what was asked for. */
export function portBindings(requests: readonly PortRequest[]) {
  const map: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { protocol, containerPort, hostIp, hostPort, hostPortEnd } of requests) {
    const key = `${containerPort}/${protocol}`;
    const range = hostPortEnd > hostPort ? `${hostPort}-${hostPortEnd}` : String(hostPort);
    map[key] = [...(map[key] ?? []), { HostIp: hostIp, HostPort: hostPort === 0 ? "" : range }];
  }
  return map;
}

/** Ports of GET /containers/json: one entry a published port, one without PublicPort for each that is exposed only. */
export function portList(config: ContainerConfig, mappings: readonly PortMapping[]) {
  const published = new Set(mappings.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  const exposed = config.exposed.filter(({ port, protocol }) => !published.has(`${port}/${protocol}`));
  return [
    ...exposed.map(({ port, protocol }) => ({ PrivatePort: port, Type: protocol })),
    ...mappings.map(({ hostIp, hostPort, containerPort, protocol }) => ({
      IP: hostIp,
      PrivatePort: containerPort,
      ...(hostPort === 0 ? {} : { PublicPort: hostPort }), // none in a routed family
      Type: protocol,
    })),
  ];
}
