import assert from "node:assert/strict";
import { test } from "node:test";
import { bridge } from "../../drivers/bridge/index.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Network } from "../../model/network.ts";
import type { PortMapping, PortRequest } from "../../model/port.ts";
import { createPorts } from "../../ports/ports.ts";
import { config } from "../containers/fakes.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";
import { followNetworks, reservePorts } from "./reserve-ports.ts";

const driver = bridge.create({ defaultBridge: "fairlead0" });

function attachment(name: string, { internal = false, six = false, routed = false } = {}): Attachment {
  const network: Network = {
    ...{ id: name.padEnd(64, "0"), name, driver: "bridge", scope: "local", created: "", attachable: false, internal },
    ...{ ipv4: true, ipv6: six, ipamDriver: "default", ipamOptions: {}, userSubnets: false, labels: {} },
    options: routed ? { "com.docker.network.bridge.gateway_mode_ipv4": "routed" } : {},
    ...{ mtu: 1500, configOnly: false, builtIn: false },
    pools: [
      { subnet: "10.1.0.0/24", gateway: "10.1.0.1", aux: {} },
      ...(six ? [{ subnet: "fd01::/64", gateway: "fd01::1", aux: {} }] : []),
    ],
  };
  const endpoint: Endpoint = {
    ...{ id: `e${name}`.padEnd(64, "0"), networkId: network.id, containerId: "c", dnsNames: ["web"], ifName: name },
    ...{ ipv4: `10.1.0.${name.charCodeAt(0)}/24`, ...(six ? { ipv6: "fd01::2/64" } : {}) },
    settings: { linkLocal: [], aliases: [], links: [], gwPriority: 0, driverOptions: {} },
  };
  return { network, endpoint, driver };
}

const ask = (containerPort: number, hostPort: number, over: Partial<PortRequest> = {}): PortRequest => ({
  ...{ protocol: "tcp", hostIp: "", containerPort, hostPort, hostPortEnd: hostPort },
  ...over,
});
const shown = (ports: readonly PortMapping[]) => ports.map(({ hostIp, hostPort }) => `${hostIp} ${hostPort}`);

/** Host ports that are all free, and what is logged. */
function hostPorts() {
  const sockets = { bind: () => 9, close: () => {}, ephemeralRange: () => [40000, 40003] as const, holderOf: () => "" };
  const said: string[] = [];
  const log = { info: (_: unknown, text: string) => void said.push(text) } as unknown as Parts["log"];
  const defaults = { bindAddress: "", networkOptions: {} };
  return { ports: createPorts({ sockets, random: () => 0 }), defaults, log, said };
}

/** What becomes of `ports` between two sets of networks. */
function follow(before: Attachment[], after: Attachment[], publish: PortRequest[], ports: PortMapping[] = []) {
  const sandbox = { id: "c", members: new Set<string>(), attachments: before, ports };
  const container = { id: "c", name: "web", config: { ...config, publish } } as unknown as Container;
  const { said, ...parts } = hostPorts();
  return { ...followNetworks(parts, sandbox, after, container), said };
}

const [inner, outer, both] = [attachment("i", { internal: true }), attachment("o"), attachment("b", { six: true })];
const four: PortMapping = { protocol: "tcp", hostIp: "0.0.0.0", hostPort: 40002, containerPort: 80 };
const six: PortMapping = { ...four, hostIp: "::" };

test("followNetworks() publishes what was asked for with the first network that leads outside", () => {
  const { ports, added, rerouted } = follow([inner], [inner, outer], [ask(80, 8080), ask(81, 8081, { hostIp: "::1" })]);
  assert.deepEqual([shown(ports), added, rerouted], [["0.0.0.0 8080"], ports, ports]);
});

test("followNetworks() gives the second family the port that the first one has", () => {
  const { ports, added } = follow([outer], [outer, both], [ask(80, 0)], [four]);
  assert.deepEqual([shown(ports), shown(added)], [["0.0.0.0 40002", ":: 40002"], [":: 40002"]]);
});

test("followNetworks() withdraws the ports of a family that leads outside no more", () => {
  const { ports, gone, added } = follow([outer, both], [outer], [ask(80, 0)], [four, six]);
  assert.deepEqual([ports, gone, added], [[four], [six], []]);
});

test("followNetworks() tells of ports that lead to another address, and of none when nothing changes", () => {
  assert.deepEqual(follow([outer], [outer, attachment("a")], [ask(80, 0)], [four]).rerouted, [four]);
  assert.deepEqual(follow([outer], [outer, attachment("z")], [ask(80, 0)], [four]).rerouted, []);
});

test("followNetworks() gives the host port back where the family becomes routed, and takes one where it is no more", () => {
  const direct = attachment("a", { routed: true });
  const opened: PortMapping = { ...four, hostPort: 0 };
  const become = follow([outer], [outer, direct], [ask(80, 0)], [four]);
  assert.deepEqual([become.ports, become.gone, become.added, become.said], [[opened], [four], [opened], []]);
  const numbered = follow([outer], [outer, direct], [ask(80, 40002)], [four]);
  assert.deepEqual(numbered.said, ["Host port ignored, because NAT is disabled"]);
  const leave = follow([outer, direct], [outer], [ask(80, 8080)], [opened]);
  assert.deepEqual([shown(leave.ports), leave.gone], [["0.0.0.0 8080"], [opened]]);
});

test("reservePorts() opens ports of a routed family whatever address they are bound to, and tells of those the user named", () => {
  const { said, ...parts } = hostPorts();
  const direct = attachment("r", { routed: true, six: true });
  const options = { ...direct.network.options, "com.docker.network.bridge.host_binding_ipv4": "127.0.0.1" };
  const bound = { ...direct, network: { ...direct.network, options } };
  const reserve = (attached: Attachment, ...requests: PortRequest[]) =>
    shown(reservePorts(parts, { name: "web", attachments: [attached], requests }));
  assert.deepEqual(reserve(direct, ask(80, 0)), ["0.0.0.0 0", ":: 40000"]);
  assert.deepEqual(reserve(bound, ask(80, 0)), ["0.0.0.0 0"]);
  assert.deepEqual(said, []);
  assert.deepEqual(reserve(direct, ask(80, 8080, { hostIp: "127.0.0.1" })), ["0.0.0.0 0"]);
  assert.deepEqual(said, [
    "Using address 0.0.0.0 because NAT is disabled",
    "Host port ignored, because NAT is disabled",
  ]);
});
