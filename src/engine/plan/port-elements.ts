import type { FirewallElement } from "../../contracts/firewall.ts";
import type { PortMapping } from "../../model/port.ts";
import type { Attachment } from "./attachment.ts";
import { electPublisher, routedBeside } from "./gateway-order.ts";

/** From this many neighbours on, ports published under their own number, or opened, become one interval element. */
const intervalFrom = 3;

/**
 * Published ports as elements: they lead to the endpoint that publishes in the family, or are opened at its address; at
 * those of other routed networks they are opened as well.
 */
export function portElements(attachments: readonly Attachment[], ports: readonly PortMapping[]): FirewallElement[] {
  return ([4, 6] as const).flatMap((family) => {
    const elected = electPublisher(attachments, family);
    if (!elected) return [];
    const own = ports.filter((port) => port.hostIp.includes(":") === (family === 6));
    return [
      ...elementsTo(elected, family, own),
      ...mappedElements(elected, family, own),
      ...routedBeside(attachments, family).flatMap((beside) => elementsTo(beside, family, openedOf(own, family))),
    ];
  });
}

function elementsTo(
  { attachment, address }: { readonly attachment: Attachment; readonly address: string },
  family: 4 | 6,
  ports: readonly PortMapping[],
): FirewallElement[] {
  const { endpoint } = attachment;
  const mark = { owner: `endpoint/${endpoint.id}`, why: `port of ${endpoint.dnsNames[0] ?? endpoint.containerId}` };
  return runs(unique(ports)).map((run) => ({ ...elementOf(run, family, address), ...mark }));
}

/** Ports of the host, as the container has them: for links that its network trusts. */
function mappedElements(
  elected: { readonly attachment: Attachment; readonly address: string },
  family: 4 | 6,
  ports: readonly PortMapping[],
): FirewallElement[] {
  const { driver, network } = elected.attachment;
  if (!driver.trustsLinks?.(network)) return [];
  const mapped = openedOf(
    ports.filter((port) => !isOpened(port)),
    family,
  );
  return elementsTo(elected, family, mapped).map((one) => {
    const ranged = one.set === `open_range${family}`;
    return { ...one, set: ranged ? `mapped_range${family}` : `mapped${family}` };
  });
}

/** What the container has, whatever port and address of the host lead there. */
const openedOf = (ports: readonly PortMapping[], family: 4 | 6): PortMapping[] =>
  ports.map((port) => ({ ...port, hostIp: family === 4 ? "0.0.0.0" : "::", hostPort: 0 }));

/** Several requests may open one port. */
const unique = (ports: readonly PortMapping[]): PortMapping[] => [
  ...new Map(ports.map((port) => [`${key(port)} ${port.hostPort} ${port.containerPort}`, port])).values(),
];

interface Run {
  readonly first: PortMapping;
  readonly count: number;
}

/** Neighbouring ports with equal numbers on both sides, joined; everything else is a run of one. */
function runs(ports: readonly PortMapping[]): Run[] {
  const sorted = [...ports].sort((a, b) => key(a).localeCompare(key(b)) || numberOf(a) - numberOf(b));
  const found: { first: PortMapping; count: number }[] = [];
  for (const port of sorted) {
    const last = found.at(-1);
    if (last && follows(last, port)) last.count += 1;
    else found.push({ first: port, count: 1 });
  }
  return found.flatMap((run) => (run.count >= intervalFrom ? [run] : singles(run)));
}

const isOpened = ({ hostPort }: PortMapping) => hostPort === 0;
const key = (port: PortMapping) => `${port.protocol} ${port.hostIp} ${isOpened(port) ? "opened" : ""}`;
const numberOf = (port: PortMapping) => port.hostPort || port.containerPort;
const sameNumber = (port: PortMapping) => numberOf(port) === port.containerPort;
const follows = (run: Run, port: PortMapping) =>
  key(run.first) === key(port) &&
  sameNumber(run.first) &&
  sameNumber(port) &&
  numberOf(run.first) + run.count === numberOf(port);

const singles = ({ first, count }: Run): Run[] =>
  Array.from({ length: count }, (_, i) => ({
    first: { ...first, hostPort: isOpened(first) ? 0 : first.hostPort + i, containerPort: first.containerPort + i },
    count: 1,
  }));

function elementOf(
  { first, count }: Run,
  family: 4 | 6,
  address: string,
): Pick<FirewallElement, "set" | "key" | "value"> {
  const { protocol, hostIp, hostPort, containerPort } = first;
  if (isOpened(first)) {
    const port = count > 1 ? `${containerPort}-${containerPort + count - 1}` : String(containerPort);
    return { set: count > 1 ? `open_range${family}` : `open${family}`, key: [protocol, address, port] };
  }
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
