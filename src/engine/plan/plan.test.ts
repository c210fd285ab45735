import assert from "node:assert/strict";
import { test } from "node:test";
import { bridge } from "../../drivers/bridge/index.ts";
import type { Endpoint, EndpointSettings } from "../../model/endpoint.ts";
import type { Network } from "../../model/network.ts";
import type { PortMapping } from "../../model/port.ts";
import type { Attachment } from "./attachment.ts";
import { electGateway, gatewayOrder, routedFamilies } from "./gateway-order.ts";
import { portElements } from "./port-elements.ts";
import { sandboxPlan } from "./sandbox-plan.ts";
import { transition } from "./transition.ts";

const driver = bridge.create({ defaultBridge: "fairlead0" });
const settings: EndpointSettings = { linkLocal: [], aliases: [], links: [], gwPriority: 0, driverOptions: {} };

function attach(
  name: string,
  over: { gw?: number; internal?: boolean; six?: boolean; index?: number; options?: Network["options"] } = {},
): Attachment {
  const index = over.index ?? 1;
  const network: Network = {
    ...{ id: name.padEnd(64, "0"), name, driver: "bridge", scope: "local", created: "", attachable: false },
    ...{ ipv4: true, ipv6: over.six ?? false, ipamDriver: "default", ipamOptions: {}, userSubnets: false },
    ...{
      options: over.options ?? {},
      labels: {},
      mtu: 1500,
      configOnly: false,
      builtIn: false,
      internal: over.internal ?? false,
    },
    pools: [
      { subnet: `10.${index}.0.0/24`, gateway: `10.${index}.0.1`, aux: {} },
      ...(over.six ? [{ subnet: `fd0${index}::/64`, gateway: `fd0${index}::1`, aux: {} }] : []),
    ],
  };
  const endpoint: Endpoint = {
    ...{
      id: `e${name}`.padEnd(64, "0"),
      networkId: network.id,
      containerId: "c",
      dnsNames: ["web"],
      mac: "02:00:00:00:00:01",
    },
    ...{ ipv4: `10.${index}.0.2/24`, ...(over.six ? { ipv6: `fd0${index}::2/64` } : {}), ifName: `eth${index}` },
    settings: { ...settings, gwPriority: over.gw ?? 0 },
  };
  return { network, endpoint, driver };
}

const cases = [
  { name: "byte order of names", attachments: [attach("b"), attach("a"), attach("B")], order: ["B", "a", "b"] },
  {
    name: "priority before name, negative last",
    attachments: [attach("a", { gw: -1 }), attach("b"), attach("c", { gw: 9 })],
    order: ["c", "b", "a"],
  },
  { name: "non-internal before name", attachments: [attach("a", { internal: true }), attach("b")], order: ["b", "a"] },
  { name: "two families before one", attachments: [attach("a"), attach("b", { six: true })], order: ["b", "a"] },
];
for (const { name, attachments, order } of cases) {
  test(`gatewayOrder() follows ${name}`, () => {
    assert.deepEqual(
      gatewayOrder(attachments).map((each) => each.network.name),
      order,
    );
  });
}

test("electGateway() takes each family from the first network that has it, and none from internal ones", () => {
  const [a, b, inside] = [
    attach("a", { gw: 1 }),
    attach("b", { six: true, index: 2 }),
    attach("i", { internal: true, gw: 5 }),
  ];
  const found = ([4, 6] as const).map((family) => electGateway([a, b, inside], family)?.gateway);
  assert.deepEqual(found, ["10.1.0.1", "fd02::1"]);
  assert.equal(electGateway([inside], 4), undefined);
});

/** An attachment whose address was lent. */
function lent(address: string, router: string): Attachment {
  const { network, endpoint, driver } = attach("a");
  const times = { renewAt: 0, rebindAt: 0, expiresAt: 0 };
  const lease = { address, router, dns: [], search: [], server: "", serverMac: "", ...times };
  return {
    network: { ...network, ipamDriver: "dhcp", pools: [] },
    endpoint: { ...endpoint, ipv4: address, leases: { ipv4: lease } },
    driver,
  };
}

test("sandboxPlan() leads the default route of a lent address to its router, also to one outside the subnet", () => {
  const routes = (attachment: Attachment) =>
    sandboxPlan("s", [attachment], []).objects.flatMap((object) =>
      object.kind === "route" ? [`${object.destination} via ${object.gateway ?? "link"}`] : [],
    );
  assert.deepEqual(routes(lent("192.0.2.9/24", "192.0.2.1")), ["0.0.0.0/0 via 192.0.2.1"]);
  assert.deepEqual(routes(lent("192.0.2.9/32", "198.51.100.1")), [
    "198.51.100.1/32 via link",
    "0.0.0.0/0 via 198.51.100.1",
  ]);
});

test("electGateway() takes the gateway of the subnet that the address is of", () => {
  const { network, endpoint, driver } = attach("a");
  const pools = [...network.pools, { subnet: "10.8.0.0/29", gateway: "10.8.0.1", aux: {} }];
  const attachment = { network: { ...network, pools }, endpoint: { ...endpoint, ipv4: "10.8.0.2/29" }, driver };
  assert.equal(electGateway([attachment], 4)?.gateway, "10.8.0.1");
});

test("transition() replaces the default route when the elected network changes, without removing it", () => {
  const [a, b] = [attach("a", { gw: 1 }), attach("b", { index: 2 })];
  const { make, remove } = transition(sandboxPlan("s", [a, b], []), sandboxPlan("s", [b], []));
  assert.deepEqual(
    make.map((object) => [object.kind, "gateway" in object && object.gateway]),
    [["route", "10.2.0.1"]],
  );
  assert.deepEqual(
    remove.map((object) => object.kind),
    ["veth", "address"],
  );
});

test("portElements() makes one element of a range and single ones of what is left", () => {
  const map = (hostPort: number, containerPort = hostPort, hostIp = "0.0.0.0"): PortMapping => ({
    protocol: "tcp",
    hostIp,
    hostPort,
    containerPort,
  });
  const ports = [map(9000), map(9001), map(9002), map(80, 8080), map(443, 443, "127.0.0.1"), map(9000, 9000, "::")];
  assert.deepEqual(
    portElements([attach("a")], ports).map(({ set, key, value }) => [set, key.join(" "), value?.join(" ")]),
    [
      ["publish_any4", "tcp 80", "10.1.0.2 8080"],
      ["publish_range4", "tcp 0.0.0.0/0 9000-9002", "10.1.0.2"],
      ["publish_at4", "tcp 127.0.0.1 443", "10.1.0.2 443"],
    ],
  );
});

test("portElements() opens what is published without a host port at the container's address, each port once", () => {
  const open = (containerPort: number, hostIp = "0.0.0.0"): PortMapping => ({
    ...{ protocol: "udp", hostIp, hostPort: 0, containerPort },
  });
  const ports = [open(80), open(7001), open(7000), open(7001), open(7002), open(7002, "::")];
  assert.deepEqual(
    portElements([attach("a", { six: true })], ports).map(({ set, key, value }) => [set, key.join(" "), value]),
    [
      ["open4", "udp 10.1.0.2 80", undefined],
      ["open_range4", "udp 10.1.0.2 7000-7002", undefined],
      ["open6", "udp fd01::2 7002", undefined],
    ],
  );
});

test("portElements() opens mapped ports of a network that trusts links, however they are mapped, a range as one", () => {
  const options = { "com.docker.network.bridge.trusted_host_interfaces": "eth9" };
  const map = (hostPort: number, containerPort: number, hostIp = "0.0.0.0"): PortMapping => ({
    ...{ protocol: "tcp", hostIp, hostPort, containerPort },
  });
  const large = Array.from({ length: 40_001 }, (_, i) => map(20_000 + i, 20_000 + i));
  const ports = [map(8080, 80), map(8081, 80), map(8443, 443, "127.0.0.1"), map(0, 7), map(9, 53, "::"), ...large];
  assert.deepEqual(
    portElements([attach("a", { six: true, options })], ports)
      .filter(({ set }) => set.startsWith("mapped"))
      .map(({ set, key, value }) => [set, key.join(" "), value]),
    [
      ["mapped4", "tcp 10.1.0.2 80", undefined],
      ["mapped4", "tcp 10.1.0.2 443", undefined],
      ["mapped_range4", "tcp 10.1.0.2 20000-60000", undefined],
      ["mapped6", "tcp fd01::2 53", undefined],
    ],
  );
});

test("portElements() opens ports at the addresses of other routed networks, too, and answers leave through these", () => {
  const options = {
    "com.docker.network.bridge.gateway_mode_ipv4": "routed",
    "com.docker.network.bridge.gateway_mode_ipv6": "routed",
  };
  const both = [attach("a", { gw: 1, six: true }), attach("b", { six: true, index: 2, options })];
  const ports = ["0.0.0.0", "::"].map(
    (hostIp): PortMapping => ({ protocol: "tcp", hostIp, hostPort: 8080, containerPort: 80 }),
  );
  assert.deepEqual(
    portElements(both, ports).map(({ set, key, value, owner }) => [set, key.join(" "), value?.join(" "), owner[10]]),
    [
      ["publish_any4", "tcp 8080", "10.1.0.2 80", "a"],
      ["open4", "tcp 10.2.0.2 80", undefined, "b"],
      ["publish_any6", "tcp 8080", "fd01::2 80", "a"],
      ["open6", "tcp fd02::2 80", undefined, "b"],
    ],
  );
  const rules = (mappings: readonly PortMapping[]) =>
    sandboxPlan("s", both, mappings).objects.flatMap((object) => (object.kind === "rule" ? [object.source] : []));
  assert.deepEqual([rules(ports), rules([])], [["10.2.0.2", "fd02::2"], []]);
});

test("routedFamilies() are those of the network that publishes in the family", () => {
  const routed = { "com.docker.network.bridge.gateway_mode_ipv6": "routed" };
  const [plain, direct] = [attach("a", { gw: 1 }), attach("b", { six: true, index: 2, options: routed })];
  assert.deepEqual(routedFamilies([plain, direct]), [6]);
  assert.deepEqual(routedFamilies([plain, direct, attach("c", { gw: 2, six: true })]), []);
  assert.deepEqual(routedFamilies([]), []);
});
