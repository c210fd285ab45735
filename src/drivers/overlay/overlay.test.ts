import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../base/errors.ts";
import type { Underlay } from "../../contracts/driver.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Network } from "../../model/network.ts";
import { overlay } from "./index.ts";

const vni = "com.docker.network.driver.overlay.vxlanid_list";

const network = (options: Record<string, string>, more: Partial<Network> = {}): Network => ({
  id: "0123456789abcdef",
  name: "net1",
  driver: "overlay",
  scope: "global",
  created: "2026-01-01T00:00:00Z",
  internal: false,
  attachable: true,
  ipv4: true,
  ipv6: false,
  ipamDriver: "default",
  ipamOptions: {},
  pools: [{ subnet: "10.0.9.0/24", gateway: "10.0.9.1", aux: {} }],
  userSubnets: true,
  options,
  labels: {},
  mtu: 1450,
  configOnly: false,
  builtIn: false,
  ...more,
});

const endpoint: Endpoint = {
  id: "fedcba9876543210",
  networkId: "0123456789abcdef",
  containerId: "c1",
  settings: { linkLocal: [], aliases: [], links: [], gwPriority: 0, driverOptions: {} },
  ipv4: "10.0.9.7/24",
  mac: "02:42:0a:00:09:07",
  ifName: "eth0",
  dnsNames: ["web"],
};

const underlay: Underlay = { address: "192.0.2.1", device: "uplink0", port: 4789, encrypted: false };
const secret: Underlay = { address: "fd12:3456::1", device: "flwg0", port: 4790, encrypted: true };
const driver = overlay.create({ defaultBridge: "fairlead0", underlay: () => underlay });
const alone = overlay.create({ defaultBridge: "fairlead0" });

const refused: [what: string, network: Network, error: RegExp][] = [
  ["a list of VNIs", network({ [vni]: "4096,4097" }), /"4096,4097" is a list; an overlay has one VNI/],
  ["VNI 0", network({ [vni]: "0" }), /"0" is not a number from 1 to 16777215/],
  ["a VNI of more than 24 bits", network({ [vni]: "16777216" }), /"16777216" is not a number from 1 to 16777215/],
  ["a VNI that is no number", network({ [vni]: "0x10" }), /"0x10" is not a number/],
  ["members apart", network({ "com.docker.network.bridge.enable_icc": "false" }), /always reach each other/],
  ["a bridge name", network({ "com.docker.network.bridge.name": "br9" }), /the overlay driver takes .*vxlanid_list/],
  ["a misspelt option", network({ encryptd: "" }), /"encryptd".*the overlay driver takes/],
  ["encrypted=maybe", network({ encrypted: "maybe" }), /"encrypted".*neither true nor false/],
  ["an MTU too small for IPv6", network({}, { ipv6: true, mtu: 1279 }), /1279 is too small for IPv6/],
];

for (const [what, wrong, error] of refused) {
  test(`overlay.validateNetwork() refuses ${what}`, () => {
    assert.throws(
      () => driver.validateNetwork(wrong),
      (thrown) => thrown instanceof EngineError && thrown.code === "INVALID" && error.test(thrown.message),
    );
  });
}

test("overlay.validateNetwork() takes the smallest and the largest VNI, encrypted with and without a value, and labels of others", () => {
  for (const options of [
    { [vni]: "1" },
    { [vni]: "16777215" },
    { encrypted: "" },
    { encrypted: "true" },
    { "com.example.x": "y" },
  ])
    driver.validateNetwork(network(options));
});

test("overlay.network() describes a bridge with the gateway, then the tunnel as its port", () => {
  const { objects } = driver.network(network({ [vni]: "4096" }));
  assert.deepEqual(
    objects.map(({ kind }) => kind),
    ["bridge", "sysctl", "sysctl", "address", "vxlan"],
  );
  const { mac, ...vxlan } = objects.find((object) => object.kind === "vxlan") ?? assert.fail();
  assert.match(mac, /^.[26ae]:/);
  assert.deepEqual(vxlan, {
    kind: "vxlan",
    netns: "host",
    owner: "network/0123456789abcdef",
    why: "network net1",
    name: "fvx0123456789ab",
    mtu: 1450,
    master: "br-0123456789ab",
    vni: 4096,
    port: 4789,
    local: "192.0.2.1",
    device: "uplink0",
  });
});

test("overlay.network() gives the gateway the same MAC on every host, and another to each network", () => {
  const macOf = (one: ReturnType<typeof driver.network>) => one.objects.find(({ kind }) => kind === "bridge");
  const here = driver.network(network({ [vni]: "4096" }));
  assert.deepEqual(macOf(alone.network(network({}))), macOf(here));
  assert.notDeepEqual(macOf(driver.network(network({}, { id: "1123456789abcdef" }))), macOf(here));
});

test("overlay.network() has no tunnel on a host that is alone, nor before the network has a VNI", () => {
  const kinds = [alone.network(network({ [vni]: "4096" })), driver.network(network({}))].map(({ objects }) =>
    objects.some(({ kind }) => kind === "vxlan"),
  );
  assert.deepEqual(kinds, [false, false]);
});

const vxlanOn = (given: Underlay | undefined, options: Record<string, string>) => {
  const { objects } = overlay
    .create({ defaultBridge: "fairlead0", underlay: () => given })
    .network(network({ [vni]: "4096", ...options }));
  const found = objects.find(({ kind }) => kind === "vxlan");
  return found?.kind === "vxlan" ? [found.device, found.local, found.port] : undefined;
};

test("ENC-12 overlay.network() of an encrypted network is on an encrypted underlay or has no tunnel", () => {
  for (const value of ["", "true", "1", "T"]) {
    assert.deepEqual(vxlanOn(secret, { encrypted: value }), ["flwg0", "fd12:3456::1", 4790]);
    assert.equal(vxlanOn(underlay, { encrypted: value }), undefined);
    assert.equal(vxlanOn(undefined, { encrypted: value }), undefined);
  }
  assert.deepEqual(vxlanOn(underlay, { encrypted: "false" }), ["uplink0", "192.0.2.1", 4789]);
  assert.equal(vxlanOn(secret, {}), undefined);
});

test("ENC-12 overlay.overhead() of an encrypted network is that of the tunnel too", () => {
  const of = (options: Record<string, string>) =>
    [undefined, "192.0.2.1", "2001:db8::1"].map((address) =>
      driver.overhead?.(options, address ? { address } : undefined),
    );
  assert.deepEqual(
    [of({ encrypted: "" }), of({ encrypted: "false" }), of({})],
    [
      [130, 130, 150],
      [50, 50, 70],
      [50, 50, 70],
    ],
  );
});

test("overlay.network() has the firewall elements of a bridge network", () => {
  const setsOf = (one: Network) => driver.network(one).elements.map(({ set, key }) => [set, ...key].join(" "));
  assert.deepEqual(setsOf(network({})), [
    "bridges br-0123456789ab",
    "same br-0123456789ab br-0123456789ab",
    "members4 10.0.9.0/24",
    "masquerade4 10.0.9.0/24",
  ]);
  assert.ok(!setsOf(network({}, { internal: true })).includes("masquerade4 10.0.9.0/24"));
  assert.ok(setsOf(network({}, { internal: true })).includes("internal br-0123456789ab"));
});

test("overlay.endpoint() describes a port that does not learn, with the static entry of its MAC next", () => {
  const [veth, entry] = driver.endpoint(network({}), endpoint, "sandbox1").objects;
  assert.deepEqual(
    [veth?.kind, veth?.kind === "veth" && [veth.learns, veth.isolated, veth.master], entry],
    [
      "veth",
      [false, false, "br-0123456789ab"],
      {
        kind: "bridge-fdb",
        netns: "host",
        owner: "endpoint/fedcba9876543210",
        why: "web on net1",
        link: "flvfedcba987654",
        mac: "02:42:0a:00:09:07",
      },
    ],
  );
});
