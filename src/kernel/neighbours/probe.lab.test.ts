import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { before, test } from "node:test";
import { addNamespace, ip, privateNamespaces } from "../../../lab/topology.ts";
import { hostNetns } from "../../contracts/kernel.ts";
import { openLabKernel } from "../lab-kernel.ts";

const foreignMac = "02:00:00:00:00:66";

/** The test's namespace is the host; its eth1 is on a switch where a foreign machine has addresses. */
function wire(): void {
  privateNamespaces();
  ip("netns add switch", "link add eth1 type veth peer name port1 netns switch", "link set eth1 up");
  within("switch", "link add lan type bridge", "link set lan up", "link set port1 master lan up");
  addNamespace("foreign", { addresses: ["192.0.2.66/24", "fd09::66/64"], gateways: [] });
  ip("link set v-foreign netns switch", "addr add 192.0.2.5/24 dev eth1");
  within("switch", "link set v-foreign master lan up");
  within("foreign", `link set eth0 address ${foreignMac}`);
  // Ports forward as soon as the kernel has looked at their carrier.
  execFileSync("ping", ["-q", "-c", "1", "-i", "0.1", "-w", "20", "192.0.2.66"]);
  ip("link add unplugged type veth peer name far", "link set unplugged up"); // its other end is down: no carrier
}

function within(name: string, ...commands: string[]): void {
  execFileSync("ip", ["-n", name, "-batch", "-"], { input: `${commands.join("\n")}\n` });
}

const lab = openLabKernel();
const { kernel } = lab;
before(wire);
test.after(async () => {
  ip("link delete eth1", "link delete unplugged");
  await lab[Symbol.asyncDispose]();
});
const eth1 = { netns: hostNetns, link: "eth1" };

test("probeAddresses() finds who has an address, IPv4 and IPv6, and that MAC", async () => {
  const found = await kernel.probeAddresses(eth1, ["192.0.2.66", "192.0.2.67", "fd09::66", "fd09::67"]);
  assert.deepEqual(
    [...found].sort(),
    [
      ["192.0.2.66", foreignMac],
      ["fd09::66", foreignMac],
    ].sort(),
  );
});

test("probeAddresses() does not take this host's own address for somebody else's", async () => {
  assert.deepEqual([...(await kernel.probeAddresses(eth1, ["192.0.2.5"]))], []);
});

test("probeAddresses() finds nobody on a link without carrier or down, and refuses one that is not there", async () => {
  assert.deepEqual([...(await kernel.probeAddresses({ netns: hostNetns, link: "unplugged" }, ["192.0.2.66"]))], []);
  ip("link set unplugged down");
  const down = await kernel.probeAddresses({ netns: hostNetns, link: "unplugged" }, ["192.0.2.66", "fd09::66"]);
  assert.deepEqual([...down], []);
  await assert.rejects(kernel.probeAddresses({ netns: hostNetns, link: "eth9" }, ["192.0.2.66"]), /ENODEV/);
});

test("probeAddresses() leaves no descriptor behind, also when it is aborted", async () => {
  await kernel.probeAddresses(eth1, ["192.0.2.66"]); // the thread and its eventfd
  const open = () => readdirSync("/proc/self/fd").length;
  const before = open();
  await assert.rejects(kernel.probeAddresses(eth1, ["192.0.2.9"], AbortSignal.abort()), /abort/);
  await kernel.probeAddresses(eth1, ["192.0.2.66", "fd09::66"]);
  assert.equal(open(), before);
});
