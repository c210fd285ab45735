import { EngineError, invalid } from "../../base/errors.ts";
import type { Container } from "../../model/container.ts";
import type { PortMapping, PortRequest } from "../../model/port.ts";
import { wantedPorts } from "../wanted-ports.ts";
import { hold } from "./held.ts";
import type { ContainerParts } from "./parts.ts";
import { validatePort } from "./validate.ts";

/** Which published ports to withdraw; every host port of the container port without `hostPort`. */
export interface PortChoice {
  readonly protocol: string;
  readonly containerPort: number;
  readonly hostPort?: number;
}

/** Publishes more ports: at once if its sandbox is open, and with every start from now on. Returns the new mappings. */
export async function publishPorts(
  parts: ContainerParts,
  reference: string,
  requests: readonly PortRequest[],
): Promise<PortMapping[]> {
  requests.forEach(validatePort);
  await using held = await hold(parts, reference);
  const { container } = held;
  const { kind } = container.config.networkMode;
  if (kind !== "networks") {
    const why = `ports cannot be published in network mode ${kind}: it has no network of its own`;
    throw new EngineError("CONTAINER_REFUSED", { container: container.name, why });
  }
  const publish = [...container.config.publish, ...requests];
  if (isOpen(container)) {
    return [
      ...(await parts.networking.publish(container, requests, (ports) => save(parts, container, { publish, ports }))),
    ];
  }
  save(parts, container, { publish, ports: [] });
  return [];
}

/** Withdraws published ports, now and for every start to come; all or nothing. Returns what was withdrawn. */
export async function withdrawPorts(
  parts: ContainerParts,
  reference: string,
  choices: readonly PortChoice[],
): Promise<PortMapping[]> {
  await using held = await hold(parts, reference);
  const container = spelledOut(held.container);
  for (const choice of choices) refuseUnknown(container, choice);
  const publish = choices.reduce(withoutRequest, container.config.publish);
  const withdrawn = container.config.publish.filter((request) => !publish.includes(request));
  const opened = openingsOf(container.ports, withdrawn);
  const gone = container.ports.filter(
    (port) => opened.includes(port) || choices.some((choice) => chooses(choice, port)),
  );
  if (gone.length === 0) save(parts, container, { publish, ports: container.ports });
  else await parts.networking.withdraw(container, gone, (ports) => save(parts, container, { publish, ports }));
  return gone;
}

/** With -P written out as the ports it means: one that is withdrawn would come back at the next start. */
function spelledOut(container: Container): Container {
  return { ...container, config: { ...container.config, publish: wantedPorts(container), publishAll: false } };
}

/** Whether it has a sandbox to publish ports of: its own, running or kept by those who share it. */
const isOpen = ({ sandboxId }: Container): boolean => sandboxId !== undefined;

function save(
  { state }: ContainerParts,
  container: Container,
  { publish, ports }: { publish: readonly PortRequest[]; ports: readonly PortMapping[] },
): void {
  const value: Container = { ...container, ports, config: { ...container.config, publish } };
  state.commit([{ put: "container", id: value.id, value }]);
}

function refuseUnknown({ config, ports }: Container, choice: PortChoice): void {
  const known =
    ports.some((port) => chooses(choice, port)) || config.publish.some((request) => covers(choice, request));
  if (known) return;
  const host = choice.hostPort === undefined ? "" : ` at host port ${choice.hostPort}`;
  throw invalid("port", `${choice.containerPort}/${choice.protocol} is not published${host}`);
}

const chooses = (choice: PortChoice, port: PortMapping): boolean =>
  port.protocol === choice.protocol &&
  port.containerPort === choice.containerPort &&
  (choice.hostPort === undefined || port.hostPort === choice.hostPort);

/** Where a family is routed there is no host port to choose by: a mapping goes with each request, in each family it meant. */
function openingsOf(ports: readonly PortMapping[], withdrawn: readonly PortRequest[]): PortMapping[] {
  const left = ports.filter(({ hostPort }) => hostPort === 0);
  return withdrawn.flatMap(({ protocol, containerPort, hostIp }) =>
    ["0.0.0.0", "::"].flatMap((address) => {
      if (hostIp !== "" && hostIp.includes(":") !== address.includes(":")) return [];
      const at = left.findIndex(
        (port) => port.hostIp === address && port.protocol === protocol && port.containerPort === containerPort,
      );
      return at < 0 ? [] : left.splice(at, 1);
    }),
  );
}

/** Whether the request may have led to the chosen mapping. */
const covers = (choice: PortChoice, { protocol, containerPort, hostPort, hostPortEnd }: PortRequest): boolean =>
  protocol === choice.protocol &&
  containerPort === choice.containerPort &&
  (choice.hostPort === undefined || hostPort === 0 || (hostPort <= choice.hostPort && choice.hostPort <= hostPortEnd));

/** Without a host port all requests of the container port go; with one, the request that fits it most closely. */
function withoutRequest(publish: readonly PortRequest[], choice: PortChoice): readonly PortRequest[] {
  const fitting = publish.filter((request) => covers(choice, request));
  if (choice.hostPort === undefined) return publish.filter((request) => !fitting.includes(request));
  const width = ({ hostPort, hostPortEnd }: PortRequest) => (hostPort === 0 ? 65_536 : hostPortEnd - hostPort);
  const [closest] = fitting.sort((a, b) => width(a) - width(b));
  return publish.filter((request) => request !== closest);
}
