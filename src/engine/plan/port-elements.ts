import type { FirewallElement } from "../../contracts/firewall.ts";
import type { PortMapping } from "../../model/port.ts";
import type { Attachment } from "./attachment.ts";
import { electPublisher } from "./gateway-order.ts";

/** From this many neighbours on, ports published under their own number become one interval element. */
const intervalFrom = 3;

/** Published ports as map elements: they lead to the endpoint that publishes in the family. */
export function portElements(attachments: readonly Attachment[], ports: readonly PortMapping[]): FirewallElement[] {
  return ([4, 6] as const).flatMap((family) => {
    const elected = electPublisher(attachments, family);
    if (!elected) return [];
    const { endpoint } = elected.attachment;
    const mark = { owner: `endpoint/${endpoint.id}`, why: `port of ${endpoint.dnsNames[0] ?? endpoint.containerId}` };
    const own = ports.filter((port) => port.hostIp.includes(":") === (family === 6));
    return runs(own).map((run) => ({ ...elementOf(run, family, elected.address), ...mark }));
  });
}

interface Run {
  readonly first: PortMapping;
  readonly count: number;
}

/** Neighbouring ports with equal numbers on both sides, joined; everything else is a run of one. */
function runs(ports: readonly PortMapping[]): Run[] {
  const sorted = [...ports].sort((a, b) => key(a).localeCompare(key(b)) || a.hostPort - b.hostPort);
  const found: { first: PortMapping; count: number }[] = [];
  for (const port of sorted) {
    const last = found.at(-1);
    if (last && follows(last, port)) last.count += 1;
    else found.push({ first: port, count: 1 });
  }
  return found.flatMap((run) => (run.count >= intervalFrom ? [run] : singles(run)));
}

const key = (port: PortMapping) => `${port.protocol} ${port.hostIp}`;
const sameNumber = (port: PortMapping) => port.hostPort === port.containerPort;
const follows = (run: Run, port: PortMapping) =>
  key(run.first) === key(port) &&
  sameNumber(run.first) &&
  sameNumber(port) &&
  run.first.hostPort + run.count === port.hostPort;

const singles = ({ first, count }: Run): Run[] =>
  Array.from({ length: count }, (_, i) => ({
    first: { ...first, hostPort: first.hostPort + i, containerPort: first.containerPort + i },
    count: 1,
  }));

function elementOf(
  { first, count }: Run,
  family: 4 | 6,
  address: string,
): Pick<FirewallElement, "set" | "key" | "value"> {
  const { protocol, hostIp, hostPort, containerPort } = first;
  const any = hostIp === "0.0.0.0" || hostIp === "::";
  if (count > 1) {
    const everywhere = family === 4 ? "0.0.0.0/0" : "::/0";
    const range = `${hostPort}-${hostPort + count - 1}`;
    return { set: `publish_range${family}`, key: [protocol, any ? everywhere : hostIp, range], value: [address] };
  }
  const value = [address, String(containerPort)];
  if (any) return { set: `publish_any${family}`, key: [protocol, String(hostPort)], value };
  return { set: `publish_at${family}`, key: [protocol, hostIp, String(hostPort)], value };
}
