import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../base/errors.ts";
import type { Driver, Machine } from "../contracts/driver.ts";
import type { HostLink } from "../contracts/kernel.ts";
import type { Network } from "../model/network.ts";
import { ipvlan } from "./ipvlan/index.ts";
import { macvlan } from "./macvlan/index.ts";

const kit = { defaultBridge: "fairlead0" };
const drivers: Readonly<Record<string, Driver>> = { macvlan: macvlan.create(kit), ipvlan: ipvlan.create(kit) };

const network = (driver: string, options: Record<string, string>, more: Partial<Network> = {}): Network => ({
  ...{ id: "0123456789abcdef", name: "net1", driver, scope: "local", created: "2026-01-01T00:00:00Z" },
  ...{ internal: false, attachable: false, ipv4: true, ipv6: false, ipamDriver: "default", ipamOptions: {} },
  ...{ pools: [], userSubnets: false, options, labels: {}, mtu: 1500, configOnly: false, builtIn: false },
  ...more,
});

const link = (name: string, more: Partial<HostLink> = {}): HostLink => ({
  ...{ name, ifIndex: 1, mac: "02:00:00:00:00:01", mtu: 1500, up: true, kind: "", alias: "", addresses: [] },
  ...more,
});

const machine = (links: readonly HostLink[], networks: readonly Network[] = []): Machine => ({
  links: [link("lo"), ...links],
  uplink: links[0],
  networks,
});

const prepare = (one: Network, on: Machine) => drivers[one.driver]?.prepareNetwork?.(one, on) as Network;
const settledOf = ({ options, settled, mtu }: Network) => [options["parent"], settled?.["parent"], mtu];

const ours = (name: string, kind: string) => link(name, { kind, alias: `fairlead parent/${name} parent of networks` });

const chosen: [what: string, one: Network, on: Machine, parent: string, origin: string, mtu: number][] = [
  ["the default route's link", network("macvlan", {}), machine([link("eth0", { mtu: 1400 })]), "eth0", "found", 1400],
  [
    "the link that is named",
    network("ipvlan", { parent: "eth1" }),
    machine([link("eth0"), link("eth1")]),
    "eth1",
    "found",
    1500,
  ],
  [
    "a VLAN to be made",
    network("macvlan", { parent: "eth0.50" }),
    machine([link("eth0", { mtu: 9000 })]),
    "eth0.50",
    "vlan",
    9000,
  ],
  [
    "a VLAN of the user's",
    network("macvlan", { parent: "e.7" }),
    machine([link("e.7", { kind: "vlan" })]),
    "e.7",
    "found",
    1500,
  ],
  ["a VLAN that we made", network("macvlan", { parent: "e.7" }), machine([ours("e.7", "vlan")]), "e.7", "vlan", 1500],
  ["one of its own", network("macvlan", {}, { internal: true }), machine([]), "dm-0123456789ab", "isolated", 1500],
  [
    "another's own",
    network("macvlan", { parent: "dm-1" }, { mtu: 1400 }),
    machine([ours("dm-1", "veth")]),
    "dm-1",
    "isolated",
    1400,
  ],
];

for (const [what, one, on, ...expected] of chosen) {
  test(`prepareNetwork() of ${one.driver} chooses ${what}`, () => {
    assert.deepEqual(settledOf(prepare(one, on)), expected);
  });
}

const eth0 = machine([link("eth0")]);
const beside = (driver: string, options = {}) => [network(driver, { parent: "eth0", ...options }, { name: "other" })];
const mtu = (bytes: string) => ({ "com.docker.network.driver.mtu": bytes });

const refused: [what: string, one: Network, on: Machine, words: RegExp][] = [
  ["no default route", network("macvlan", {}), machine([]), /no default route.*--opt parent=LINK/],
  ["a name that is none", network("macvlan", { parent: "a/b" }), eth0, /"a\/b" is no interface name/],
  ["a link that is not there", network("macvlan", { parent: "eth9" }), eth0, /this host has no link "eth9"/],
  ["a VLAN on nothing", network("macvlan", { parent: "eth9.1" }), eth0, /neither a link "eth9.1" nor "eth9"/],
  ["VLAN 0", network("macvlan", { parent: "eth0.0" }), eth0, /0 is no VLAN id: 1 to 4094/],
  ["a VLAN on the loopback", network("macvlan", { parent: "lo.5" }), eth0, /"lo" is the loopback/],
  [
    "a VLAN on a link that is down",
    network("macvlan", { parent: "d.5" }),
    machine([link("d", { up: false })]),
    /"d" is down/,
  ],
  [
    "a port",
    network("ipvlan", { parent: "p" }),
    machine([link("p", { master: "br9" })]),
    /"p" is a port of "br9"; use "br9"/,
  ],
  ["an MTU too large", network("macvlan", mtu("9000"), { mtu: 9000 }), eth0, /9000 is more than "eth0" carries, 1500/],
  [
    "IPv6 on a small parent",
    network("macvlan", {}, { ipv6: true }),
    machine([link("e", { mtu: 1200 })]),
    /1200 is too small/,
  ],
  [
    "macvlan beside ipvlan",
    network("macvlan", {}),
    machine([link("eth0")], beside("ipvlan")),
    /cannot carry macvlan and ipvlan/,
  ],
  [
    "ipvlan beside macvlan",
    network("ipvlan", {}),
    machine([link("eth0")], beside("macvlan")),
    /cannot carry macvlan and ipvlan/,
  ],
  [
    "another mode of ipvlan",
    network("ipvlan", { ipvlan_flag: "private" }),
    machine([link("eth0")], beside("ipvlan")),
    /share its ipvlan_mode=l2 and ipvlan_flag=bridge/,
  ],
  [
    "anything beside passthru",
    network("macvlan", {}),
    machine([link("eth0")], beside("macvlan", { macvlan_mode: "passthru" })),
    /carries network other \(macvlan\), and mode passthru tolerates no other/,
  ],
];

for (const [what, one, on, words] of refused) {
  test(`prepareNetwork() of ${one.driver} refuses ${what}`, () => {
    assert.throws(
      () => prepare(one, on),
      (thrown) => thrown instanceof EngineError && words.test(thrown.message),
    );
  });
}

test("networks that share a parent describe it in the same words", () => {
  const on = machine([link("eth0")]);
  const [one, two] = [{ id: "1".repeat(64) }, { id: "2".repeat(64), name: "net2", mtu: 1400 }].map((more) =>
    prepare(network("macvlan", { parent: "eth0.50" }, more), on),
  );
  assert.ok(one && two);
  assert.deepEqual(drivers["macvlan"]?.network(one), drivers["macvlan"]?.network(two));
});
