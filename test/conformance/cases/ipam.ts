import { type Case, network, refused } from "../case.ts";

const create = "POST /networks/create";

/** A pool that is refused with this; `n` keeps dockerd's pools apart, which it forgets to release after a refusal. */
function pool(name: string, config: object, gives: string, more: Partial<Case> & { body?: object } = {}): Case {
  const { body, ...rest } = more;
  return refused(name, create, { Name: "bad", IPAM: { Config: [config] }, ...body }, `400 ${gives}`, {
    differs: ["ipam-checked"],
    ...rest,
  });
}

const six = { body: { EnableIPv6: true } };

/** Pools that make no sense: Docker has said so in these words since 25. */
const refusals: Case[] = [
  pool(
    "a subnet without a length is refused",
    { Subnet: "10.40.0.0" },
    "invalid subnet 10.40.0.0: invalid CIDR block notation",
  ),
  pool("a subnet that is none is refused", { Subnet: "wide" }, "invalid subnet wide: invalid CIDR block notation"),
  pool(
    "a subnet that is too long is refused",
    { Subnet: "10.40.0.0/33" },
    "invalid subnet 10.40.0.0/33: invalid CIDR block notation",
  ),
  pool(
    "a subnet with host bits is refused",
    { Subnet: "10.41.0.5/24" },
    "invalid subnet 10.41.0.5/24: it should be 10.41.0.0/24",
  ),
  pool(
    "an IPv6 subnet with host bits is refused",
    { Subnet: "fd00:41::5/64" },
    "invalid subnet fd00:41::5/64: it should be fd00:41::/64",
    six,
  ),
  pool(
    "a range outside of its subnet is refused",
    { Subnet: "10.42.0.0/24", IPRange: "10.43.0.0/25" },
    "invalid ip-range 10.43.0.0/25: parent subnet 10.42.0.0/24 doesn't contain ip-range",
  ),
  pool(
    "a range wider than its subnet is refused",
    { Subnet: "10.44.0.0/24", IPRange: "10.44.0.0/16" },
    "invalid ip-range 10.44.0.0/16: CIDR block is bigger than its parent subnet 10.44.0.0/24",
  ),
  pool(
    "a range with host bits is refused",
    { Subnet: "10.45.0.0/24", IPRange: "10.45.0.5/25" },
    "invalid ip-range 10.45.0.5/25: it should be 10.45.0.0/25",
  ),
  pool(
    "a range that is none is refused",
    { Subnet: "10.46.0.0/24", IPRange: "wide" },
    "invalid ip-range wide: invalid CIDR block notation",
  ),
  pool(
    "a range of the other family is refused",
    { Subnet: "10.46.0.0/24", IPRange: "fd00::/80" },
    "invalid ip-range fd00::/80: parent subnet is an IPv4 block",
  ),
  pool(
    "a gateway outside of its subnet is refused",
    { Subnet: "10.47.0.0/24", Gateway: "10.48.0.1" },
    "invalid gateway 10.48.0.1: parent subnet 10.47.0.0/24 doesn't contain this address",
  ),
  pool(
    "a gateway that is none is refused",
    { Subnet: "10.49.0.0/24", Gateway: "out" },
    "invalid gateway out: invalid address",
  ),
  pool(
    "a gateway of the other family is refused",
    { Subnet: "fd00:49::/64", Gateway: "10.49.0.1" },
    "invalid gateway 10.49.0.1: parent subnet is an IPv6 block",
    six,
  ),
  pool(
    "an auxiliary address outside of its subnet is refused",
    { Subnet: "10.50.0.0/24", AuxiliaryAddresses: { a: "10.51.0.1" } },
    "invalid auxiliary address a: parent subnet 10.50.0.0/24 doesn't contain this address",
  ),
  pool(
    "an auxiliary address that is none is refused",
    { Subnet: "10.52.0.0/24", AuxiliaryAddresses: { a: "far" } },
    "invalid auxiliary address a: invalid address",
  ),
  pool("a gateway needs its subnet", { Gateway: "10.53.0.1" }, "invalid subnet : invalid CIDR block notation"),
  pool("a range needs its subnet", { IPRange: "10.53.0.0/25" }, "invalid subnet : invalid CIDR block notation"),
  {
    name: "everything wrong with a network's pools is said at once",
    differs: ["ipam-checked"],
    steps: [
      {
        call: create,
        body: {
          Name: "bad",
          IPAM: {
            Config: [
              { Subnet: "10.54.0.0/24", IPRange: "wide", Gateway: "10.55.0.1", AuxiliaryAddresses: { a: "far" } },
              { Subnet: "narrow" },
            ],
          },
        },
        gives:
          "400 invalid network config:\n" +
          "invalid ip-range wide: invalid CIDR block notation\n" +
          "invalid gateway 10.55.0.1: parent subnet 10.54.0.0/24 doesn't contain this address\n" +
          "invalid auxiliary address a: invalid address\n" +
          "invalid subnet narrow: invalid CIDR block notation",
      },
    ],
  },
  pool("the broadcast address is no gateway", { Subnet: "10.56.0.0/24", Gateway: "10.56.0.255" }, "10.56.0.255", {
    differs: ["addresses-checked"],
  }),
  pool("the network's own address is no gateway", { Subnet: "10.57.0.0/24", Gateway: "10.57.0.0" }, "10.57.0.0", {
    differs: ["addresses-checked"],
  }),
  pool("a multicast block is no subnet", { Subnet: "224.0.0.0/24" }, "multicast", { differs: ["blocks-checked"] }),
  pool("loopback is no subnet", { Subnet: "127.0.0.0/8" }, "loopback", { differs: ["blocks-checked"] }),
];

/** Pools that cannot be had. */
const taken: Case[] = [
  {
    name: "a subnet within another network's is refused",
    steps: [
      network("wide", 60, { IPAM: { Config: [{ Subnet: "10.60.0.0/16" }] } }),
      {
        call: create,
        body: { Name: "bad", IPAM: { Config: [{ Subnet: "10.60.3.0/24" }] } },
        gives: "403 Pool overlaps with other one on this address space",
      },
    ],
  },
  {
    name: "the same subnet twice is refused",
    steps: [
      network("once", 61),
      {
        call: create,
        body: { Name: "bad", IPAM: { Config: [{ Subnet: "10.61.0.0/24" }] } },
        gives: "403 Pool overlaps with other one on this address space",
      },
    ],
  },
  {
    name: "a removed network's subnet is free again",
    steps: [network("before", 62), { call: "DELETE /networks/before", gives: 204 }, network("afterwards", 62)],
  },
  {
    name: "a refused network leaves its subnet free",
    differs: ["pools-leak"],
    steps: [
      {
        call: create,
        body: { Name: "bad", Driver: "bridge", IPAM: { Config: [{ Subnet: "10.63.0.0/24", Gateway: "10.64.0.1" }] } },
        gives: 400,
      },
      {
        call: create,
        body: { Name: "bad", IPAM: { Config: [{ Subnet: "10.63.0.0/24", AuxiliaryAddresses: { a: "10.64.0.1" } }] } },
        gives: 400,
      },
      network("fine", 63),
    ],
  },
  {
    name: "two subnets of one network that overlap are refused",
    steps: [
      {
        call: create,
        body: { Name: "bad", IPAM: { Config: [{ Subnet: "10.65.0.0/24" }, { Subnet: "10.65.0.0/25" }] } },
        gives: "403 Pool overlaps with other one on this address space",
      },
    ],
  },
  {
    name: "the gateway is not an auxiliary address as well",
    differs: ["addresses-checked"],
    steps: [
      {
        call: create,
        body: {
          Name: "bad",
          IPAM: { Config: [{ Subnet: "10.66.0.0/24", Gateway: "10.66.0.1", AuxiliaryAddresses: { a: "10.66.0.1" } }] },
        },
        gives: "403 Address already in use",
      },
    ],
  },
  {
    name: "IPv6 subnets overlap as IPv4 subnets do",
    steps: [
      network("six", 67, { EnableIPv6: true }),
      {
        call: create,
        body: {
          Name: "bad",
          EnableIPv6: true,
          IPAM: { Config: [{ Subnet: "10.68.0.0/24" }, { Subnet: "fd00:67::/80" }] },
        },
        gives: "403 Pool overlaps with other one on this address space",
      },
    ],
  },
];

export const ipam: readonly Case[] = [...refusals, ...taken];
