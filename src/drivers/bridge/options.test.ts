import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../base/errors.ts";
import type { Network } from "../../model/network.ts";
import { bridge } from "./index.ts";

const network = (options: Record<string, string>, more: Partial<Network> = {}): Network => ({
  id: "0123456789abcdef",
  name: "net1",
  driver: "bridge",
  scope: "local",
  created: "2026-01-01T00:00:00Z",
  internal: false,
  attachable: false,
  ipv4: true,
  ipv6: false,
  ipamDriver: "default",
  ipamOptions: {},
  pools: [],
  userSubnets: false,
  options: Object.fromEntries(Object.entries(options).map(([key, value]) => [`com.docker.network.${key}`, value])),
  labels: {},
  mtu: 1500,
  configOnly: false,
  builtIn: false,
  ...more,
});
const driver = bridge.create({ defaultBridge: "fairlead0" });

const refused: [what: string, network: Network, error: RegExp][] = [
  ["an option it does not know", network({ "bridge.enable_ic": "true" }), /enable_ic".*bridge\.enable_icc/],
  ["a flag that is neither true nor false", network({ "bridge.enable_icc": "yes" }), /enable_icc": "yes"/],
  ["a bridge name that nft would read as two", network({ "bridge.name": 'a","lo' }), /bridge\.name": "a","lo"/],
  ["a bridge name that the kernel would complete", network({ "bridge.name": "fl%d" }), /bridge\.name": "fl%d"/],
  ["gateway mode isolated with a way out", network({ "bridge.gateway_mode_ipv4": "isolated" }), /internal/],
  [
    "a gateway mode that there is not",
    network({ "bridge.gateway_mode_ipv6": "bridged" }),
    /unknown gateway mode "bridged"; use nat, nat-unprotected, routed, isolated/,
  ],
  ["an MTU too small for IPv6", network({ "driver.mtu": "1279" }, { ipv6: true, mtu: 1279 }), /1279 is too small/],
  ["an interface prefix with no room for a number", network({ container_iface_prefix: "fourteen-bytes" }), /prefix"/],
  ["an interface prefix that leads elsewhere", network({ container_iface_prefix: "../../x" }), /iface_prefix"/],
  ["an address to leave with that is none", network({ host_ipv4: "2001:db8::9" }), /"2001:db8::9" is no IPv4 address/],
  ["one that nobody answers", network({ host_ipv4: "0.0.0.0" }), /no packet can leave the host with 0\.0\.0\.0/],
  ["one of the loopback", network({ host_ipv6: "::1" }), /no packet can leave the host with ::1/],
  ["one of a group", network({ host_ipv4: "224.0.0.9" }), /no packet can leave the host with 224\.0\.0\.9/],
  ["one of the other family", network({ host_ipv6: "198.51.100.9" }), /"198\.51\.100\.9" is no IPv6 address/],
  ["a host address that is none", network({ "bridge.host_binding_ipv4": "::1" }), /"::1" is no IPv4 address/],
];

for (const [what, wrong, error] of refused) {
  test(`bridge.validateNetwork() refuses ${what}`, () => {
    assert.throws(
      () => driver.validateNetwork(wrong),
      (thrown) => thrown instanceof EngineError && thrown.code === "INVALID" && error.test(thrown.message),
    );
  });
}

test("bridge.validateNetwork() takes the smallest MTU of each family, any length of prefix that fits, and labels of others", () => {
  driver.validateNetwork(network({ "driver.mtu": "68" }, { mtu: 68 }));
  driver.validateNetwork(network({ "driver.mtu": "1280" }, { ipv6: true, mtu: 1280 }));
  driver.validateNetwork(network({ container_iface_prefix: "thirteen-byte", "bridge.host_binding_ipv4": "127.0.0.1" }));
  driver.validateNetwork(network({}, { options: { "com.example.anything": "x" } }));
});

test("bridge.network() gives masqueraded families alone the address to leave with, in its canonical form", () => {
  const pools = [
    { subnet: "10.1.0.0/24", gateway: "10.1.0.1", aux: {} },
    { subnet: "fd01::/64", gateway: "fd01::1", aux: {} },
  ];
  const sources = (options: Record<string, string>) => {
    const made = network({ host_ipv4: "198.51.100.9", host_ipv6: "2001:DB8:0::9", ...options }, { ipv6: true, pools });
    driver.validateNetwork(made);
    return driver.network(made).elements.flatMap(({ set, key, value }) => (value ? [[set, ...key, ...value]] : []));
  };
  const [four, six] = [
    ["source4", "10.1.0.0/24", "198.51.100.9"],
    ["source6", "fd01::/64", "2001:db8::9"],
  ];
  assert.deepEqual(sources({}), [four, six]);
  assert.deepEqual(sources({ host_ipv6: "" }), [four]);
  assert.deepEqual(sources({ "bridge.gateway_mode_ipv4": "routed" }), [six]);
  assert.deepEqual(sources({ "bridge.enable_ip_masquerade": "false" }), []);
  const older = network({ host_ipv4: "somewhere" }, { pools }); // stored before the option was looked at
  assert.ok(driver.network(older).elements.every(({ value }) => value === undefined));
});

test("bridge.network() keeps the gateway modes of the families apart, and an internal network has none", () => {
  const pools = [
    { subnet: "10.1.0.0/24", gateway: "10.1.0.1", aux: {} },
    { subnet: "fd01::/64", gateway: "fd01::1", aux: {} },
  ];
  const sets = (four: string, six: string, internal = false) => {
    const options = { "bridge.gateway_mode_ipv4": four, "bridge.gateway_mode_ipv6": six };
    const made = network(options, { ipv6: true, pools, internal });
    driver.validateNetwork(made);
    const { elements } = driver.network(made);
    return elements.map(({ set }) => set).filter((set) => !["bridges", "same", "internal"].includes(set));
  };
  assert.deepEqual(sets("nat", "routed"), ["members4", "masquerade4", "members6", "routed6"]);
  assert.deepEqual(sets("routed", "nat-unprotected"), [
    ...["members4", "members6", "masquerade6"],
    ...["routed4", "unprotected6"],
  ]);
  assert.deepEqual(sets("routed", "nat-unprotected", true), ["members4", "members6"]);
});
