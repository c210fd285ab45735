import assert from "node:assert/strict";
import { test } from "node:test";
import type { Lan } from "../../contracts/driver.ts";
import type { HostLink } from "../../contracts/kernel.ts";
import { pluginNetwork, stateWith } from "../plugins/fakes.ts";
import { machineFor, warningOf } from "./host-links.ts";

const network = pluginNetwork("n", "net-1");
type Given = Parameters<typeof warningOf>[0] & Parameters<typeof machineFor>[0];

/** Links as they are listed, and a list of those listings. */
function place(lan?: Lan, ...links: Pick<HostLink, "name" | "up">[]) {
  const listed: string[] = [];
  const kernel = { links: () => listed.push("links") && links, uplink: () => void listed.push("uplink") };
  const drivers = { find: () => (lan ? { lan: () => lan } : {}) };
  return { listed, parts: { kernel, drivers, state: stateWith({ network: [network] }) } as unknown as Given };
}

test("warningOf() and machineFor() list the host's links for no network that has nothing to do with them", () => {
  const { parts, listed } = place();
  assert.equal(warningOf(parts, network), "");
  const machine = machineFor(parts);
  assert.deepEqual(machine.networks, [network]);
  assert.deepEqual(listed, []);
  assert.deepEqual(machine.links, []);
  assert.equal(machine.uplink, undefined);
  assert.deepEqual(listed, ["links", "uplink"]);
});

test("warningOf() a network on a LAN tells of a parent that is down", () => {
  const lan = { link: "eth1", detectDuplicates: false };
  const other = { name: "eth0", up: false };
  assert.match(warningOf(place(lan, other, { name: "eth1", up: false }).parts, network), /^its parent "eth1" is down/);
  assert.equal(warningOf(place(lan, other, { name: "eth1", up: true }).parts, network), "");
});
