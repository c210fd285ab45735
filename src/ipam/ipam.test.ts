import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ipam, PoolRequest } from "../contracts/ipam.ts";
import { completePools } from "./default-pools.ts";
import { openIpam } from "./ipam.ts";

const names: Readonly<Record<string, string>> = { n1: "web", n2: "db" };
const open = (): Ipam => openIpam({ defaultPools: completePools([], "test"), nameOf: (id) => names[id] });
const request = (part: Partial<PoolRequest> = {}): PoolRequest => ({ family: 4, aux: {}, wantsGateway: true, ...part });
const owner = "container a";

/** Reserves `count` addresses and returns them without their prefix length. */
function reserveMany(ipam: Ipam, count: number, family: 4 | 6 = 4): string[] {
  const reserved = Array.from({ length: count }, () => ipam.reserve("n1", { family, owner }));
  return reserved.map((text) => text.split("/")[0] ?? "");
}

const pools = [
  {
    name: "a default IPv4 pool",
    request: request(),
    pool: { subnet: "172.17.0.0/16", gateway: "172.17.0.1", aux: {} },
  },
  {
    name: "a given subnet",
    request: request({ subnet: "10.5.0.0/24" }),
    pool: { subnet: "10.5.0.0/24", gateway: "10.5.0.1", aux: {} },
  },
  {
    name: "a subnet without a gateway",
    request: request({ subnet: "10.5.0.0/24", wantsGateway: false }),
    pool: { subnet: "10.5.0.0/24", aux: {} },
  },
  {
    name: "the first address of the range as the gateway",
    request: request({ subnet: "10.5.0.0/16", range: "10.5.7.0/24" }),
    pool: { subnet: "10.5.0.0/16", range: "10.5.7.0/24", gateway: "10.5.7.0", aux: {} },
  },
  {
    name: "a given gateway outside the range",
    request: request({ subnet: "10.5.0.0/16", range: "10.5.7.0/24", gateway: "10.5.255.254" }),
    pool: { subnet: "10.5.0.0/16", range: "10.5.7.0/24", gateway: "10.5.255.254", aux: {} },
  },
  {
    name: "a gateway that makes room for an aux address",
    request: request({ subnet: "10.5.0.0/24", aux: { router: "10.5.0.1" } }),
    pool: { subnet: "10.5.0.0/24", gateway: "10.5.0.2", aux: { router: "10.5.0.1" } },
  },
  {
    name: "IPv6 text in its canonical form",
    request: request({ family: 6, subnet: "FD05:0:0:0::/64", aux: { r: "fd05:0::0:9" } }),
    pool: { subnet: "fd05::/64", gateway: "fd05::1", aux: { r: "fd05::9" } },
  },
  {
    name: "a /31, with both addresses (RFC 3021)",
    request: request({ subnet: "10.5.0.0/31" }),
    pool: { subnet: "10.5.0.0/31", gateway: "10.5.0.0", aux: {} },
  },
];

for (const { name, request, pool } of pools) {
  test(`addPool() completes ${name}`, () => {
    assert.deepEqual(open().addPool("n1", request, []), pool);
  });
}

const refused: readonly { name: string; request: PoolRequest; error: { code: string; message: RegExp } }[] = [
  ...(
    [
      ["a subnet that is no CIDR", { subnet: "10.5.0.0" }, /subnet: "10.5.0.0" is no address block/],
      ["host bits", { subnet: "10.5.0.1/24" }, /"10.5.0.1\/24" has host bits set; the block is 10.5.0.0\/24/],
      ["a subnet of the other family", { subnet: "fd00::/64" }, /"fd00::\/64" is no IPv4 subnet/],
      ["a multicast subnet", { subnet: "230.0.0.0/24" }, /overlaps 224.0.0.0\/4: multicast/],
      ["a subnet of everything", { subnet: "0.0.0.0/0" }, /overlaps 0.0.0.0\/8/],
      ["more than what is link-local", { family: 6, subnet: "fe00::/8" }, /overlaps fe80::\/10: link-local/],
      ["a range without a subnet", { range: "10.5.0.0/24" }, /ip-range: "10.5.0.0\/24" needs a subnet/],
      ["a gateway without a subnet", { gateway: "10.5.0.1" }, /gateway: "10.5.0.1" needs a subnet/],
      ["an aux address without a subnet", { aux: { a: "10.5.0.1" } }, /aux-address: "a" needs a subnet/],
      [
        "a range outside",
        { subnet: "10.5.0.0/24", range: "10.6.0.0/25" },
        /ip-range: .* is not in subnet 10.5.0.0\/24/,
      ],
      ["a range that is larger", { subnet: "10.5.0.0/24", range: "10.5.0.0/16" }, /is not in subnet/],
      [
        "a gateway outside",
        { subnet: "10.5.0.0/24", gateway: "10.6.0.1" },
        /gateway: .* is not in subnet 10.5.0.0\/24/,
      ],
      ["a gateway that is no address", { subnet: "10.5.0.0/24", gateway: "x" }, /gateway: "x" is no IP address/],
      [
        "the broadcast address as gateway",
        { subnet: "10.5.0.0/24", gateway: "10.5.0.255" },
        /is the broadcast address/,
      ],
      ["the network address as gateway", { subnet: "10.5.0.0/24", gateway: "10.5.0.0" }, /is the network address/],
      [
        "an aux address outside",
        { subnet: "10.5.0.0/24", aux: { r: "10.6.0.1" } },
        /aux-address "r": .* is not in subnet/,
      ],
      [
        "no room for a gateway",
        { subnet: "10.5.0.0/32", aux: { r: "10.5.0.0" } },
        /10.5.0.0\/32 has no address left for the gateway/,
      ],
    ] as const
  ).map(([name, part, message]) => ({ name, request: request(part), error: { code: "INVALID", message } })),
  {
    name: "a gateway that is an aux address",
    request: request({ subnet: "10.5.0.0/24", gateway: "10.5.0.9", aux: { r: "10.5.0.9" } }),
    error: { code: "ADDRESS_TAKEN", message: /10.5.0.9 belongs to aux address "r"/ },
  },
];

for (const { name, request: wanted, error } of refused) {
  test(`addPool() refuses ${name} and reserves nothing`, () => {
    const ipam = open();
    assert.throws(() => ipam.addPool("n1", wanted, []), error);
    assert.deepEqual(ipam.usage("n1"), []);
    ipam.addPool("n2", request({ subnet: "10.5.0.0/24" }), []);
  });
}

test("addPool() refuses a subnet that overlaps another network's, and names it", () => {
  const ipam = open();
  ipam.addPool("n1", request({ subnet: "10.5.0.0/16" }), []);
  for (const subnet of ["10.5.0.0/16", "10.5.3.0/24", "10.0.0.0/8"]) {
    const error = { code: "SUBNET_OVERLAPS", message: new RegExp(`${subnet} overlaps 10.5.0.0/16 of network web$`) };
    assert.throws(() => ipam.addPool("n2", request({ subnet }), []), error);
  }
  assert.throws(() => ipam.addPool("n1", request({ subnet: "10.5.1.0/24" }), []), { code: "SUBNET_OVERLAPS" });
  ipam.removeNetwork("n1");
  ipam.removeNetwork("n1"); // twice is once
  assert.equal(ipam.addPool("n2", request({ subnet: "10.0.0.0/8" }), []).subnet, "10.0.0.0/8");
});

test("addPool() cuts default subnets in order and gives a freed one out again", () => {
  const ipam = open();
  const subnets = ["a", "b", "c"].map((id) => ipam.addPool(id, request(), []).subnet);
  assert.deepEqual(subnets, ["172.17.0.0/16", "172.18.0.0/24", "172.18.1.0/24"]);
  ipam.removeNetwork("b");
  assert.equal(ipam.addPool("d", request(), []).subnet, "172.18.0.0/24");
});

test("addPool() passes over default subnets that meet a route of the host or a network, in either direction", () => {
  const ipam = open();
  ipam.addPool("n1", request({ subnet: "172.18.1.128/25" }), []);
  const inTheWay = ["172.16.0.0/15", "172.18.0.7/32", "172.18.2.0/23"].map((cidr) => ({ cidr, name: `route ${cidr}` }));
  assert.equal(ipam.addPool("n2", request(), inTheWay).subnet, "172.18.4.0/24");
});

test("addPool() gives a default IPv6 subnet of 64 bits from the daemon's own prefix", () => {
  const ipam = open();
  const [one, two] = ["a", "b"].map((id) => ipam.addPool(id, request({ family: 6 }), []).subnet);
  assert.match(`${one} ${two}`, /^(fd[0-9a-f]{2}:[0-9a-f]+:[0-9a-f]+):*:\/64 \1:1::\/64$/);
});

test("addPool() names the routes in the way when no default subnet is left", () => {
  const ipam = openIpam({ defaultPools: [{ base: "10.1.0.0/23", size: 24 }] });
  ipam.addPool("n1", request(), []);
  const inTheWay = [
    { cidr: "10.0.0.0/8", name: "route 10.0.0.0/8 dev tun0" },
    { cidr: "10.1.0.1/32", name: "route of a network of our own" },
    { cidr: "192.168.0.0/16", name: "route elsewhere" },
  ];
  const error = {
    code: "POOLS_EXHAUSTED",
    message: /IPv4 subnet is left, in the way: 1 networks, route 10.0.0.0\/8 dev tun0; /,
  };
  assert.throws(() => ipam.addPool("n2", request(), inTheWay), error);
  assert.throws(() => ipam.addPool("n2", request({ family: 6 }), []), { message: /no default pool of this family/ });
});

test("addPool() has all 3,841 default subnets to give", () => {
  const ipam = open();
  const subnets = Array.from({ length: 3841 }, (_, n) => ipam.addPool(`n${n}`, request(), []).subnet);
  assert.equal(new Set(subnets).size, 3841);
  assert.throws(() => ipam.addPool("more", request(), []), { code: "POOLS_EXHAUSTED" });
});

test("reserve() hands addresses out in turn, so that a freed one rests", () => {
  const ipam = open();
  ipam.addPool("n1", request({ subnet: "10.5.0.0/29" }), []);
  assert.deepEqual(reserveMany(ipam, 2), ["10.5.0.2", "10.5.0.3"]);
  ipam.release("n1", "10.5.0.2/29");
  assert.deepEqual(reserveMany(ipam, 4), ["10.5.0.4", "10.5.0.5", "10.5.0.6", "10.5.0.2"]);
  const error = { code: "ADDRESSES_EXHAUSTED", message: /network web: 10.5.0.0\/29 is full/ };
  assert.throws(() => ipam.reserve("n1", { family: 4, owner }), error);
});

test("reserve() draws from the range, and goes on to the next subnet of the family", () => {
  const ipam = open();
  ipam.addPool("n1", request({ subnet: "10.5.0.0/24", range: "10.5.0.64/31", gateway: "10.5.0.1" }), []);
  ipam.addPool("n1", request({ subnet: "10.6.0.0/30" }), []);
  ipam.addPool("n1", request({ family: 6, subnet: "fd05::/127" }), []);
  assert.deepEqual(reserveMany(ipam, 3), ["10.5.0.64", "10.5.0.65", "10.6.0.2"]);
  assert.deepEqual(reserveMany(ipam, 1, 6), ["fd05::1"]);
  assert.throws(() => ipam.reserve("n1", { family: 6, owner }), { code: "ADDRESSES_EXHAUSTED" });
});

test("reserve() takes a wanted address anywhere in the subnet and says who has a taken one", () => {
  const ipam = open();
  ipam.addPool("n1", request({ subnet: "10.5.0.0/24", range: "10.5.0.64/26", aux: { r: "10.5.0.9" } }), []);
  assert.equal(ipam.reserve("n1", { family: 4, address: "10.5.0.200", owner: "container db" }), "10.5.0.200/24");
  const taken = (address: string) => () => ipam.reserve("n1", { family: 4, address, owner });
  assert.throws(taken("10.5.0.200"), { code: "ADDRESS_TAKEN", message: /10.5.0.200 belongs to container db/ });
  assert.throws(taken("10.5.0.64"), { code: "ADDRESS_TAKEN", message: /belongs to the gateway/ });
  assert.throws(taken("10.5.0.9"), { code: "ADDRESS_TAKEN", message: /belongs to aux address "r"/ });
  assert.throws(taken("10.5.0.0"), { code: "INVALID", message: /is the network address of 10.5.0.0\/24/ });
  assert.throws(taken("10.5.0.255"), { code: "INVALID", message: /is the broadcast address/ });
  assert.throws(taken("10.6.0.1"), { code: "ADDRESS_OUTSIDE", message: /network web \(10.5.0.0\/24\)/ });
  assert.throws(taken("fd00::1"), { code: "ADDRESS_OUTSIDE" });
  assert.throws(taken("10.5.0"), { code: "INVALID" });
});

test("release() gives back addresses of endpoints only, once", () => {
  const ipam = open();
  ipam.addPool("n1", request({ subnet: "10.5.0.0/24", aux: { r: "10.5.0.9" } }), []);
  const before = ipam.usage("n1");
  const [address = ""] = reserveMany(ipam, 1);
  for (const text of [address, address, "10.5.0.1", "10.5.0.9", "10.5.0.0", "10.9.0.1", "junk", ""])
    ipam.release("n1", text);
  ipam.release("unknown", address);
  assert.deepEqual(ipam.usage("n1"), before);
  assert.throws(() => ipam.reserve("n1", { family: 4, address: "10.5.0.1", owner }), { code: "ADDRESS_TAKEN" });
});

test("usage() counts edges, gateway and aux as in use, and what is left of the range", () => {
  const ipam = open();
  ipam.addPool("n1", request({ subnet: "10.5.0.0/24", range: "10.5.0.128/25", aux: { r: "10.5.0.9" } }), []);
  ipam.addPool("n1", request({ family: 6, subnet: "fd05::/64" }), []);
  ipam.reserve("n1", { family: 4, owner });
  assert.deepEqual(ipam.usage("n1"), [
    { subnet: "10.5.0.0/24", inUse: 5n, available: 125n }, // the broadcast address is in the range too
    { subnet: "fd05::/64", inUse: 2n, available: (1n << 64n) - 2n },
  ]);
});

test("adoptPool() takes pools as addPool() made them", () => {
  const before = open();
  const wanted = request({ subnet: "10.5.0.0/24", range: "10.5.0.128/25", aux: { r: "10.5.0.9" } });
  const stored = [before.addPool("n1", wanted, []), before.addPool("n1", request({ family: 6 }), [])];
  const after = open();
  for (const pool of stored) after.adoptPool("n1", pool);
  assert.deepEqual(after.usage("n1"), before.usage("n1"));
  assert.throws(() => after.addPool("n2", wanted, []), { code: "SUBNET_OVERLAPS" });
  assert.throws(() => after.reserve("n1", { family: 4, address: "10.5.0.128", owner }), { code: "ADDRESS_TAKEN" });
});

test("openIpam() refuses default pools that make no sense", () => {
  assert.throws(() => openIpam({ defaultPools: [{ base: "10.0.0.0/8", size: 4 }] }), { code: "INVALID" });
});
