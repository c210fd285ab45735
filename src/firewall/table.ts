import type { FirewallSet } from "../contracts/firewall.ts";
import { loopbackAlias6 } from "../contracts/firewall.ts";

/** Sets that only this folder fills, from elements of the contract. */
export type DerivedSet = "hairpin" | "loopback6" | "loopback6_range";
export type SetName = FirewallSet | DerivedSet;

interface SetDefinition {
  readonly kind: "set" | "map";
  readonly type: string;
  readonly interval: boolean;
}
const set = (type: string, interval = false): SetDefinition => ({ kind: "set", type, interval });
const map = (type: string, interval = false): SetDefinition => ({ kind: "map", type, interval });

/**
 * Every set and map. Subnets carry their family as a first part, only to make them concatenations: of plain interval
 * sets, libnftables reads all elements back for every command (7 ms a command at 5,000), of concatenations none. In
 * concatenations with intervals no part may be of one byte that is not read from the packet (`meta l4proto`, `meta
 * nfproto`): nftables 1.0.6 wants it turned round as two, which Linux refuses since 7.
 */
export const sets: Readonly<Record<SetName, SetDefinition>> = {
  bridges: set("ifname"), // our bridges
  internal: set("ifname"), // those of them without a way out
  same: set("ifname . ifname"), // in . out: may talk through routing
  hairpin: set("ifname . ifname"), // bridge . bridge, one for each of ours
  masquerade4: set("ether_type . ipv4_addr", true), // container subnets that leave with the host's address
  masquerade6: set("ether_type . ipv6_addr", true),
  source4: map("ether_type . ipv4_addr : ipv4_addr", true), // those of them that leave with an address of their choice
  source6: map("ether_type . ipv6_addr : ipv6_addr", true),
  members4: set("ether_type . ipv4_addr", true), // all container subnets
  members6: set("ether_type . ipv6_addr", true),
  unprotected4: set("ifname"), // bridges whose members are reached at their own addresses, on every port
  unprotected6: set("ifname"),
  routed4: set("ifname"), // bridges whose members are reached at their own addresses: ICMP is let in
  routed6: set("ifname"),
  open4: set("inet_proto . ipv4_addr . inet_service"), // ports of containers that are let in at their own addresses
  open6: set("inet_proto . ipv6_addr . inet_service"),
  open_range4: set("inet_proto . ipv4_addr . inet_service", true),
  open_range6: set("inet_proto . ipv6_addr . inet_service", true),
  trusted: set("ifname . ifname"), // link of the host . bridge: from it published ports are reached at their containers
  trusting: set("ifname"), // bridges whose members' published ports are reached there from everywhere
  mapped4: set("inet_proto . ipv4_addr . inet_service"), // those ports, as the containers have them
  mapped6: set("inet_proto . ipv6_addr . inet_service"),
  mapped_range4: set("inet_proto . ipv4_addr . inet_service", true),
  mapped_range6: set("inet_proto . ipv6_addr . inet_service", true),
  publish_any4: map("inet_proto . inet_service : ipv4_addr . inet_service"), // on every address of the host
  publish_any6: map("inet_proto . inet_service : ipv6_addr . inet_service"),
  publish_at4: map("inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service"), // on one of them
  publish_at6: map("inet_proto . ipv6_addr . inet_service : ipv6_addr . inet_service"),
  publish_range4: map("inet_proto . ipv4_addr . inet_service : ipv4_addr", true), // a range, port kept
  publish_range6: map("inet_proto . ipv6_addr . inet_service : ipv6_addr", true),
  tunnels: set("ifname"), // WireGuard devices that encrypted overlays go through
  tunnel_ports: set("inet_service"), // UDP ports of VXLAN inside them
  loopback6: set("inet_proto . inet_service"), // published on [::1], which a wildcard includes
  loopback6_range: set("inet_proto . inet_service", true),
};
export const setNames = Object.keys(sets) as SetName[];

/** The chain for the host's owner: we make it when it is missing and never touch what is in it. */
export const operatorChain = "operator";

interface Chain {
  readonly hook: string;
  readonly rules: readonly string[];
}

/**
 * The rules. They never change while the daemon runs; what changes are the elements. Order within a chain matters, and
 * README.md tells the path of each kind of packet.
 */
export const chains: Readonly<Record<string, Chain>> = {
  [operatorChain]: { hook: "", rules: [] },

  // Before conntrack turns replies to 127.0.0.1 back, so what has a loopback address here was sent with it.
  raw_prerouting: {
    hook: "type filter hook prerouting priority raw; policy accept;",
    rules: [
      "iifname @bridges ip daddr 127.0.0.0/8 drop",
      "iifname @bridges ip saddr 127.0.0.0/8 drop",
      // Where the parent of an internal network ends that has none on the LAN (src/drivers/lan-parent.ts).
      `iifname "flx*" drop`,
    ],
  },

  // The kernel drops packets from or to ::1 that come in from a link (ip6_rcv_core), replies of containers too. So a
  // connection to a port published on [::1] gets another address of the host before conntrack sees it, and
  // loopback6_input gives ::1 back when routing is done.
  loopback6_output: {
    hook: "type filter hook output priority raw; policy accept;",
    rules: ["meta l4proto . th dport @loopback6", "ip6 nexthdr . th dport @loopback6_range"].map(
      (published) => `ip6 saddr ::1 ip6 daddr ::1 ${published} ip6 saddr set ${loopbackAlias6}`,
    ),
  },
  loopback6_input: {
    hook: "type filter hook input priority 110; policy accept;", // after conntrack's source NAT at 100
    rules: [`ip6 saddr ::1 ip6 daddr ${loopbackAlias6} ct direction reply ct status dnat ip6 daddr set ::1`],
  },

  // VXLAN of encrypted overlays is neither sent nor taken but through the tunnel, whatever routes and addresses say.
  tunnel_output: {
    hook: "type filter hook output priority filter; policy accept;",
    rules: ["udp dport @tunnel_ports oifname != @tunnels drop"],
  },
  tunnel_input: {
    hook: "type filter hook input priority filter; policy accept;",
    rules: ["udp dport @tunnel_ports iifname != @tunnels drop"],
  },

  published: {
    hook: "",
    rules: ([4, 6] as const).flatMap((family) => {
      const ip = family === 4 ? "ip" : "ip6";
      const only = `meta nfproto ipv${family} dnat ${ip} to`;
      const protocol = family === 4 ? "ip protocol" : "ip6 nexthdr";
      return [
        `${only} meta l4proto . ${ip} daddr . th dport map @publish_at${family}`,
        `${only} meta l4proto . th dport map @publish_any${family}`,
        `${only} ${protocol} . ${ip} daddr . th dport map @publish_range${family}`,
      ];
    }),
  },
  // A packet to 127.0.0.1 that comes in from outside must not become one to a container, whatever is published there.
  nat_prerouting: {
    hook: "type nat hook prerouting priority dstnat; policy accept;",
    rules: ["ip daddr 127.0.0.0/8 accept", "fib daddr type local jump published"],
  },
  nat_output: {
    hook: "type nat hook output priority -100; policy accept;",
    rules: ["fib daddr type local jump published"],
  },

  mapped: {
    hook: "",
    rules: [
      "meta l4proto . ip daddr . th dport @mapped4 accept",
      "meta l4proto . ip6 daddr . th dport @mapped6 accept",
      "ip protocol . ip daddr . th dport @mapped_range4 accept",
      "ip6 nexthdr . ip6 daddr . th dport @mapped_range6 accept",
    ],
  },
  forward: {
    hook: "type filter hook forward priority filter; policy accept;",
    rules: [
      `jump ${operatorChain}`,
      // The tunnel is between hosts: a container that sends into it could speak VXLAN as if it were the host.
      "iifname @tunnels drop",
      "oifname @tunnels drop",
      "ct state established,related accept",
      "iifname . oifname @same accept",
      "iifname @internal drop",
      "oifname @internal drop",
      // A source that is not behind the bridge it came from is forged.
      "iifname @bridges fib saddr . iif oif missing drop",
      "iifname != @bridges meta protocol . ip saddr @members4 drop",
      "iifname != @bridges meta protocol . ip6 saddr @members6 drop",
      "ct status dnat accept",
      // Gateway modes. Not by way of the host to a neighbour: who may reach that has been let through above.
      "iifname . oifname @hairpin drop",
      "meta nfproto ipv4 oifname @unprotected4 accept",
      "meta nfproto ipv6 oifname @unprotected6 accept",
      "meta nfproto ipv4 meta l4proto icmp oifname @routed4 accept",
      "meta nfproto ipv6 meta l4proto ipv6-icmp oifname @routed6 accept",
      "meta l4proto . ip daddr . th dport @open4 oifname @bridges accept",
      "meta l4proto . ip6 daddr . th dport @open6 oifname @bridges accept",
      "ip protocol . ip daddr . th dport @open_range4 oifname @bridges accept",
      "ip6 nexthdr . ip6 daddr . th dport @open_range6 oifname @bridges accept",
      "iifname . oifname @trusted jump mapped",
      "oifname @trusting jump mapped",
      // Not published: other networks, other hosts with a route to our subnets.
      "oifname @bridges drop",
      "meta protocol . ip daddr @members4 drop",
      "meta protocol . ip6 daddr @members6 drop",
      // What conntrack cannot place would leave without NAT, with an address nobody can answer.
      "ct state invalid meta protocol . ip saddr @masquerade4 drop",
      "ct state invalid meta protocol . ip6 saddr @masquerade6 drop",
    ],
  },

  nat_postrouting: {
    hook: "type nat hook postrouting priority srcnat; policy accept;",
    rules: [
      "meta nfproto ipv4 oifname != @bridges snat ip to meta protocol . ip saddr map @source4",
      "meta nfproto ipv6 oifname != @bridges snat ip6 to meta protocol . ip6 saddr map @source6",
      "oifname != @bridges meta protocol . ip saddr @masquerade4 masquerade",
      "oifname != @bridges meta protocol . ip6 saddr @masquerade6 masquerade",
      "oifname @bridges ip saddr 127.0.0.0/8 masquerade",
      `oifname @bridges ip6 saddr ${loopbackAlias6} masquerade`,
      // To a neighbour through the host's address: the answer has to come back through the host too.
      "iifname . oifname @hairpin ct status dnat masquerade",
      // With br_netfilter such a packet is bridged, not routed, and has no input interface here.
      "iifname @bridges accept",
      "oifname @bridges ct status dnat meta protocol . ip saddr @members4 masquerade",
      "oifname @bridges ct status dnat meta protocol . ip6 saddr @members6 masquerade",
    ],
  },
};

const setText = (name: SetName) => {
  const { kind, type, interval } = sets[name];
  return `\t${kind} ${name} { type ${type}; ${interval ? "flags interval; " : ""}}`;
};
const chainText = ([name, { hook, rules }]: [string, Chain]) =>
  [`\tchain ${name} {`, ...[hook, ...rules].filter(Boolean).map((line) => `\t\t${line}`), "\t}"].join("\n");

/** The whole table as nft text, without elements. Adding it to what is there adds what is missing, and the rules once more. */
export const tableText = (name: string): string =>
  [`table inet ${name} {`, ...setNames.map(setText), ...Object.entries(chains).map(chainText), "}\n"].join("\n");
