import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../base/errors.ts";
import type { HostLink, Kernel } from "../contracts/kernel.ts";
import { placeOf } from "./advertise.ts";

let indexes = 0;
const link = (name: string, addresses: readonly string[], more: Partial<HostLink> = {}): HostLink => ({
  ...{ name, addresses, ifIndex: ++indexes, mac: "02:00:00:00:00:01", mtu: 1500, up: true, kind: "veth", alias: "" },
  ...more,
});

const eth0 = link("eth0", ["fe80::1/64", "fd99::1/64", "10.99.0.1/24", "10.99.0.2/24"], { mtu: 9000 });
const links = [
  link("lo", ["127.0.0.1/8", "::1/128"]),
  eth0,
  link("six", ["fe80::2/64", "fd98::a:1/64"]),
  link("bare", ["fe80::3/64"]),
  link("down", ["10.97.0.1/24"], { up: false }),
];
const host = (uplink?: HostLink): Pick<Kernel, "links" | "uplink"> => ({ links: () => links, uplink: () => uplink });

const taken: readonly (readonly [advertise: string, address: string, device: string])[] = [
  ["", "10.99.0.1", "eth0"],
  ["eth0", "10.99.0.1", "eth0"],
  ["10.99.0.2", "10.99.0.2", "eth0"],
  ["fd99::1", "fd99::1", "eth0"],
  ["FD99:0:0::1", "fd99::1", "eth0"],
  ["six", "fd98::a:1", "six"],
];

for (const [advertise, address, device] of taken) {
  test(`placeOf() takes "${advertise}" for ${address} of ${device}`, () => {
    const { mtu } = links.find(({ name }) => name === device) ?? eth0;
    assert.deepEqual(placeOf(advertise, host(eth0)), { address, device, mtu });
  });
}

const refused: readonly (readonly [advertise: string, message: RegExp])[] = [
  ["", /^Invalid --advertise: this host has no default route to take an address from; name an address or interface$/],
  ["10.99.0.9", /^Invalid --advertise: no interface of this host is or has "10\.99\.0\.9", only .*eth0/],
  ["eth7", /^Invalid --advertise: no interface of this host is or has "eth7", only .*eth0/],
  ["down", /^Invalid --advertise: interface down is down; "ip link set down up" first$/],
  ["10.97.0.1", /^Invalid --advertise: interface down is down/],
  ["fe80::1", /^Invalid --advertise: fe80::1 is link-local, .* use another address of eth0$/],
  ["bare", /^Invalid --advertise: interface bare has no address that other hosts could reach$/],
];

for (const [advertise, message] of refused) {
  test(`placeOf() refuses "${advertise}": ${message.source.slice(0, 60)}`, () => {
    assert.throws(
      () => placeOf(advertise, host()),
      (error: unknown) => error instanceof EngineError && error.code === "INVALID" && message.test(error.message),
    );
  });
}
