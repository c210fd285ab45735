import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

/** What tests in the virtual machine rely on: the object, and how it is made in a namespace with a dummy link d0. */
const features = [
  { name: "ipvlan", argv: "ip link add i0 link d0 type ipvlan mode l2 private" },
  { name: "802.1q", argv: "ip link add d0.7 link d0 type vlan id 7" },
  { name: "macvlan", argv: "ip link add m0 link d0 type macvlan mode private" },
  { name: "VXLAN", argv: "ip link add v0 type vxlan id 7 dstport 4789 dev d0" },
  { name: "bridge VLAN filtering", argv: "ip link add b0 type bridge vlan_filtering 1" },
  { name: "WireGuard", argv: "ip link add w0 type wireguard" },
  { name: "netem", argv: "tc qdisc add dev d0 root netem delay 10ms loss 1%" },
  {
    name: "nftables with NAT",
    argv: "nft add table inet t { chain c { type nat hook postrouting priority srcnat; }; }",
  },
];

for (const { name, argv } of features) {
  test(`the virtual machine's kernel has ${name}`, () => {
    execFileSync("ip", ["link", "add", "d0", "type", "dummy"]);
    using _link = { [Symbol.dispose]: () => execFileSync("ip", ["link", "delete", "d0"]) };
    const [command = "", ...args] = argv.split(" ");
    execFileSync(command, args, { stdio: "pipe" });
  });
}

test("the virtual machine's kernel has IPVS", () => {
  execFileSync("modprobe", ["ip_vs"]);
  assert.match(execFileSync("cat", ["/proc/net/ip_vs"], { encoding: "utf8" }), /^IP Virtual Server/);
});
