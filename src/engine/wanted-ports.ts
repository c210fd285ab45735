import type { Container } from "../model/container.ts";
import type { PortRequest } from "../model/port.ts";

/** Ports asked for, and with -P the exposed ones that have no mapping of their own, on ephemeral host ports. */
export function wantedPorts({ config }: Pick<Container, "config">): PortRequest[] {
  const { publish, publishAll, exposed } = config;
  if (!publishAll) return [...publish];
  const mapped = new Set(publish.map(({ protocol, containerPort }) => `${containerPort}/${protocol}`));
  const rest = exposed.filter(({ protocol, port }) => !mapped.has(`${port}/${protocol}`));
  return [
    ...publish,
    ...rest.map(({ protocol, port }) => ({ protocol, containerPort: port, hostIp: "", hostPort: 0, hostPortEnd: 0 })),
  ];
}
