import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addNamespace, ip, sysctl } from "../../lab/topology.ts";
import { KernelError } from "../../src/base/kernel-error.ts";
import type { Path } from "../../src/contracts/path-probe.ts";
import { PathProber } from "../../src/kernel/probe/path-probe.ts";
import { addWire, WireHost } from "./wire.ts";

/* h2 --- wire --- h3; the wire's host routes to 198.51.100.2 beyond a link of 1,300 bytes */
let h2: WireHost;
let h3: WireHost;
const prober = new PathProber();
const never = new AbortController().signal;

before(() => {
  addWire();
  h2 = new WireHost(2);
  h3 = new WireHost(3);
  addNamespace("beyond", {
    hostAddresses: ["198.51.100.1/24", "2001:db8:1::1/64"],
    addresses: ["198.51.100.2/24", "2001:db8:1::2/64"],
    gateways: ["198.51.100.1", "2001:db8:1::1"],
  });
  ip("link set v-beyond mtu 1300");
  sysctl("net/ipv4/ip_forward", "1");
  sysctl("net/ipv6/conf/all/forwarding", "1");
  h2.exec("ip route add 198.51.100.0/24 via 192.0.2.1; ip -6 route add 2001:db8:1::/64 via 2001:db8::1");
});
after(async () => {
  await prober.close();
  for (const host of [h2, h3]) await host[Symbol.asyncDispose]();
});

const probe = (more: Partial<Path> = {}, signal = never) =>
  h2.started(() => prober.probe({ device: "uplink0", local: h2.ipv4, remote: h3.ipv4, bytes: 1500, ...more }, signal));
const families = [
  ["IPv4", () => ({ local: h2.ipv4, remote: h3.ipv4 }), "198.51.100.2"],
  ["IPv6", () => ({ local: h2.ipv6, remote: h3.ipv6 }), "2001:db8:1::2"],
] as const;

for (const [family, ends, beyond] of families) {
  test(`OVL-114: a full-size packet that arrives at the other host is answered without software there, ${family}`, async () => {
    assert.deepEqual(await probe(ends()), { arrived: true });
  });

  test(`OVL-115: a switch port in the middle that drops large packets without a word is found, to the byte, ${family}`, async () => {
    ip("link set to-h3 mtu 1400");
    try {
      // A Linux bridge leaves room for a VLAN tag of 4 bytes: __is_skb_forwardable(), include/linux/netdevice.h.
      assert.deepEqual(await probe(ends()), { arrived: false, mtu: 1404 });
    } finally {
      ip("link set to-h3 mtu 1500");
    }
    assert.deepEqual(await probe(ends()), { arrived: true }); // what was learned before does not count
  });

  test(`OVL-115: a router in the middle that says its MTU is believed when that size arrives, ${family}`, async () => {
    assert.deepEqual(await probe({ ...ends(), remote: beyond }), { arrived: false, mtu: 1300 });
  });

  test(`OVL-115: more than the own device's MTU does not arrive, ${family}`, async () => {
    assert.deepEqual(await probe({ ...ends(), bytes: 9000 }), { arrived: false, mtu: 1500 });
  });

  test(`OVL-115: from a host that does not answer nothing arrives, ${family}`, async () => {
    h3.exec("ip link set uplink0 down");
    try {
      assert.equal((await probe(ends())).arrived, false);
    } finally {
      h3.exec(`ip link set uplink0 up; ip addr replace ${h3.ipv6}/64 dev uplink0 nodad`);
    }
  });
}

test("probes of many paths go on side by side", async () => {
  const dead = Array.from({ length: 20 }, (_, index) => probe({ remote: `192.0.2.${100 + index}` }));
  const alive = await Promise.all(Array.from({ length: 20 }, () => probe()));
  assert.ok(alive.every(({ arrived }) => arrived));
  assert.ok((await Promise.all(dead)).every(({ arrived, mtu }) => !arrived && mtu === undefined));
});

test("a packet that this host's own firewall drops is not sent, and the answer says so", async () => {
  h2.exec("nft 'table ip deny { chain output { type filter hook output priority 0; ip daddr 203.0.113.9 drop\n}\n}'");
  assert.deepEqual(await probe({ remote: "203.0.113.9" }), { arrived: false, why: "EPERM" });
});

test("a probe names a device or an address that this host does not have", async () => {
  const fails = (errno: string, text: RegExp) => (error: unknown) =>
    error instanceof KernelError && error.errno === errno && text.test(error.message);
  await assert.rejects(probe({ device: "nosuch" }), fails("ENODEV", /link "nosuch"/));
  await assert.rejects(probe({ local: "192.0.2.250" }), fails("EADDRNOTAVAIL", /192\.0\.2\.250/));
  await assert.rejects(probe({ remote: h3.ipv6 }), /not of one family/);
  await assert.rejects(probe({ bytes: 20 }), /20 bytes is no size of a packet/);
});

test("a probe ends with its signal, and the others go on", async () => {
  const abort = new AbortController();
  const silent = probe({ remote: "192.0.2.99" }, abort.signal);
  abort.abort(new Error("no longer wanted"));
  await assert.rejects(silent, /no longer wanted/);
  await assert.rejects(probe({}, abort.signal), /no longer wanted/);
  assert.deepEqual(await probe(), { arrived: true });
});
