import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ClusterHost } from "../../../lab/cluster/cluster-host.ts";
import { ClusterLab } from "../../../lab/cluster/cluster-lab.ts";
import { openTunnels } from "../../../src/kernel/open.ts";

const tunnels = openTunnels({ keyFile: "/nowhere" });
const hasWireguard = tunnels.supported() === undefined;
tunnels.close();
const skip = hasWireguard && "this kernel has WireGuard; npm run vm runs encrypted networks";

let lab: ClusterLab;
let host: ClusterHost;
before(async () => {
  lab = await ClusterLab.create({ hosts: 1, store: "etcd" });
  host = lab.host(1);
});
after(() => lab[Symbol.asyncDispose]());

const noWireguard = "the kernel of this host has no WireGuard (the module wireguard, in Linux since 5.6)";

test("ENC-13: an encrypted network is refused on a host without WireGuard, and leaves nothing", { skip }, async () => {
  const [networks, kernel] = [await host.fairlead("network", "ls"), await host.snapshot()];
  for (const option of ["encrypted", "encrypted=true"]) {
    const { code, stderr } = await host.cli("network", "create", "-d", "overlay", "-o", option, "secret");
    assert.notEqual(code, 0);
    assert.ok(stderr.includes(`Cannot use network secret: it is encrypted, and ${noWireguard}`), stderr);
  }
  assert.deepEqual([await host.fairlead("network", "ls"), await host.snapshot()], [networks, kernel]);
  await host.fairlead("network", "create", "-d", "overlay", "-o", "encrypted=false", "secret");
  await host.fairlead("network", "rm", "secret");
});

test("ENC-16: cluster rotate-key is refused on a host without WireGuard", { skip }, async () => {
  const { code, stderr } = await host.cli("cluster", "rotate-key");
  assert.notEqual(code, 0);
  assert.ok(stderr.includes(`Cannot change the key of host host1: ${noWireguard}`), stderr);
});
