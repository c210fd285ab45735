import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostLink } from "../../contracts/kernel.ts";
import type { Network } from "../../model/network.ts";
import type { BuiltInBridge } from "./built-in.ts";
import { findBridge, foundBridge } from "./found-bridge.ts";

const link = (...addresses: string[]): HostLink => ({
  ...{ name: "br0", ifIndex: 3, mac: "02:00:00:00:00:01", mtu: 1400, up: true, kind: "bridge", alias: "" },
  addresses: [...addresses, "fe80::1/64"],
});
const settings: BuiltInBridge = { name: "br0", icc: true, ipv6: true, masquerade: true, hostIp: "" };
const pools = (bridge: Partial<BuiltInBridge>, ...addresses: string[]) =>
  foundBridge({ ...settings, ...bridge }, link(...addresses), undefined).pools;

const three = ["10.16.0.88/12", "10.32.0.88/12", "10.48.0.88/12"];
const chosen: [what: string, given: Partial<BuiltInBridge>, addresses: string[], expected: object[]][] = [
  [
    "its own, of both families",
    {},
    ["10.1.0.88/16", "fd01::88/64"],
    [
      { subnet: "10.1.0.0/16", gateway: "10.1.0.88", aux: {} },
      { subnet: "fd01::/64", gateway: "fd01::88", aux: {} },
    ],
  ],
  ["none of IPv6 when that is off", { ipv6: false }, ["fd01::88/64"], []],
  [
    "the first, and the others of its subnet are kept from containers",
    {},
    ["10.1.0.1/16", "10.1.0.2/32", "10.2.0.1/16"],
    [{ subnet: "10.1.0.0/16", gateway: "10.1.0.1", aux: { bridge1: "10.1.0.2" } }],
  ],
  [
    "the one in --fixed-cidr",
    { fixedCidr: "10.32.0.0/24" },
    three,
    [{ subnet: "10.32.0.0/12", gateway: "10.32.0.88", range: "10.32.0.0/24", aux: {} }],
  ],
  [
    "the one whose subnet has --fixed-cidr",
    { fixedCidr: "10.33.0.1/24" },
    three,
    [{ subnet: "10.32.0.0/12", gateway: "10.32.0.88", range: "10.33.0.0/24", aux: {} }],
  ],
  [
    "the whole subnet where --fixed-cidr is not in it",
    { fixedCidr: "10.0.0.0/8" },
    ["10.1.0.88/16"],
    [{ subnet: "10.1.0.0/16", gateway: "10.1.0.88", aux: {} }],
  ],
  [
    "its own, and --default-gateway beside it",
    { gateway: "10.1.0.1" },
    ["10.1.0.88/16"],
    [{ subnet: "10.1.0.0/16", gateway: "10.1.0.88", aux: { DefaultGatewayIPv4: "10.1.0.1" } }],
  ],
];
for (const [what, given, addresses, expected] of chosen) {
  test(`foundBridge() takes the bridge's addresses: ${what}`, () => {
    assert.deepEqual(pools(given, ...addresses), expected);
  });
}

test("foundBridge() takes the link-local address that the kernel has given it for --fixed-cidr-v6 of that kind alone", () => {
  assert.deepEqual(pools({ fixedCidr6: "fe80::/64" }), [
    { subnet: "fe80::/64", gateway: "fe80::1", range: "fe80::/64", aux: {} },
  ]);
  assert.deepEqual(pools({ fixedCidr6: "fd01::/64" }), []);
});

test("foundBridge() refuses a --fixed-cidr-v6 that is not in the bridge's subnet", () => {
  assert.throws(
    () => pools({ fixedCidr6: "fd01::/60" }, "fd01::88/64"),
    /fixed-cidr-v6.*fd01::\/60 is not in fd01::\/64/,
  );
});

test("foundBridge() does not take what the network gave the bridge for the bridge's own", () => {
  const settled = { bridge: "found", addressed: "6" };
  const present = { settled, pools: [{ subnet: "10.1.0.0/16", gateway: "10.1.0.1", aux: {} }] } as unknown as Network;
  const found = foundBridge(settings, link("10.1.0.1/16", "fd01::88/64"), present);
  assert.deepEqual([found.mtu, found.settled, found.pools.length], [1400, settled, 1]);
});

test("findBridge() finds a bridge, leaves one of ours to the engine, and refuses everything else", () => {
  const kernel = (found: HostLink, owner?: string) => ({
    links: () => [found],
    owned: () => (owner ? [{ name: found.name, owner }] : []),
  });
  const ours = kernel(link(), "network/1");
  assert.deepEqual([findBridge("br0", kernel(link()))?.name, findBridge("br0", ours)], ["br0", undefined]);
  assert.throws(
    () => findBridge("br1", kernel(link())),
    /the host has no bridge "br1"; make it first: ip link add br1 type bridge/,
  );
  assert.throws(() => findBridge("br0", kernel({ ...link(), kind: "veth" })), /"br0" is no bridge/);
});
