import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { addBridge, addNamespace, ip, type Protocol, privateNamespaces, Station, sysctl } from "../../lab/topology.ts";
import { type FirewallElement, type FirewallSet, loopbackAlias6 } from "../contracts/firewall.ts";
import { Namespaces } from "../kernel/netns/namespaces.ts";
import { openNft } from "../kernel/nft/nft.ts";
import { createFirewall } from "./firewall.ts";

/*
 * outside 198.51.100.2 --- host --- net1: web .2, peer .3
 *                               --- net2: other .2
 *                               --- net3 (internal): shut .2, shut2 on net4 (internal)
 *                               --- net5 (routed): direct .2, aside .3, which the bridge does not let talk
 *                               --- net6 (unprotected): bare .2
 */
privateNamespaces();
const namespaces = new Namespaces("/run/netns");
const nft = openNft({ runIn: (netns, body) => namespaces.runIn(netns, body) });
const firewall = createFirewall({ nft });

const element = (set: FirewallSet, key: string[], value?: string[]): FirewallElement => ({
  set,
  key,
  ...(value ? { value } : {}),
  owner: "network/lab",
  why: "a test",
});
const network = (bridge: string, number: number, internal = false): FirewallElement[] => [
  element("bridges", [bridge]),
  element("same", [bridge, bridge]),
  element("members4", [`10.77.${number}.0/24`]),
  element("members6", [`fd77:${number}::/64`]),
  ...(internal
    ? [element("internal", [bridge])]
    : [element("masquerade4", [`10.77.${number}.0/24`]), element("masquerade6", [`fd77:${number}::/64`])]),
];
const protocols = ["tcp", "udp"] as const;
const published = protocols.flatMap((protocol) => [
  element("publish_any4", [protocol, "8080"], ["10.77.1.2", "80"]),
  element("publish_any6", [protocol, "8080"], ["fd77:1::2", "80"]),
  element("publish_at4", [protocol, "127.0.0.1", "8081"], ["10.77.1.2", "80"]),
  element("publish_at6", [protocol, "::1", "8081"], ["fd77:1::2", "80"]),
  element("publish_at4", [protocol, "198.51.100.1", "8082"], ["10.77.1.2", "80"]),
  element("publish_at6", [protocol, "2001:db8::1", "8082"], ["fd77:1::2", "80"]),
  element("publish_range4", [protocol, "0.0.0.0/0", "9000-9009"], ["10.77.1.2"]),
  element("publish_range6", [protocol, "::/0", "9000-9009"], ["fd77:1::2"]),
  element("publish_range4", [protocol, "127.0.0.1", "9100-9109"], ["10.77.1.2"]),
]);
const families = ["4", "6"] as const;
const routed = [
  ...network("net5", 5).filter(({ set }) => set !== "same" && !set.startsWith("masquerade")),
  ...families.flatMap((family) => {
    const address = family === "4" ? "10.77.5.2" : "fd77:5::2";
    return [
      element(`routed${family}`, ["net5"]),
      ...protocols.flatMap((protocol) => [
        element(`open${family}`, [protocol, address, "80"]),
        element(`open_range${family}`, [protocol, address, "9000-9009"]),
      ]),
    ];
  }),
];
const everything = [
  ...network("net1", 1),
  ...network("net2", 2),
  ...network("net3", 3, true),
  ...network("net4", 4, true),
  ...routed,
  ...network("net6", 6),
  ...families.map((family) => element(`unprotected${family}`, ["net6"])),
  ...published,
];

let host: Station;
let outside: Station;
let web: Station;
let peer: Station;
let other: Station;
let shut: Station;
let shut2: Station;
let direct: Station;
let aside: Station;
let bare: Station;
const stations: Station[] = [];
const station = async (name: string): Promise<Station> => {
  const made = new Station(name);
  stations.push(made);
  await made.serve(80);
  return made;
};

before(async () => {
  ip("link set lo up", `addr add ${loopbackAlias6}/128 dev lo nodad`);
  ip("addr add 203.0.113.9/32 dev lo", "addr add 2001:db8:9::9/128 dev lo nodad");
  sysctl("net/ipv4/ip_forward", "1");
  sysctl("net/ipv6/conf/all/forwarding", "1");
  for (const number of [1, 2, 3, 4, 5, 6]) {
    addBridge(`net${number}`, `10.77.${number}.1/24`, `fd77:${number}::1/64`);
    sysctl(`net/ipv4/conf/net${number}/route_localnet`, "1");
  }
  const member = (name: string, net: number, last: number) =>
    addNamespace(name, {
      bridge: `net${net}`,
      addresses: [`10.77.${net}.${last}/24`, `fd77:${net}::${last}/64`],
      gateways: [`10.77.${net}.1`, `fd77:${net}::1`],
    });
  member("web", 1, 2);
  member("peer", 1, 3);
  member("other", 2, 2);
  member("shut", 3, 2);
  member("shut2", 4, 2);
  member("direct", 5, 2);
  member("aside", 5, 3);
  member("bare", 6, 2);
  addNamespace("outside", {
    hostAddresses: ["198.51.100.1/24", "2001:db8::1/64"],
    addresses: ["198.51.100.2/24", "2001:db8::2/64"],
    gateways: ["198.51.100.1", "2001:db8::1"], // a direct route to every container
  });
  // As with hairpin mode set by the bridge driver: bridged DNAT (br_netfilter) sends a packet back where it came from.
  for (const port of ["web", "peer"]) ip(`link set v-${port} type bridge_slave hairpin on`);
  for (const port of ["direct", "aside"]) ip(`link set v-${port} type bridge_slave isolated on`);
  // They would talk by way of the host, in both directions.
  for (const [from, last] of [
    ["aside", 2],
    ["direct", 3],
  ] as const)
    for (const way of [`10.77.5.${last}/32 via 10.77.5.1`, `fd77:5::${last}/128 via fd77:5::1`])
      execFileSync("ip", ["-n", from, "route", "add", ...way.split(" ")]);
  firewall.restore(everything);
  host = await station("host");
  outside = await station("outside");
  for (const one of [host, outside]) await one.serve(4790);
  web = await station("web");
  await web.serve(9000);
  await web.serve(9009);
  await web.serve(9100);
  peer = await station("peer");
  other = await station("other");
  shut = await station("shut");
  shut2 = await station("shut2");
  direct = await station("direct");
  aside = await station("aside");
  bare = await station("bare");
  for (const port of [81, 9000, 9009, 9010]) await direct.serve(port);
  await bare.serve(81);
});
after(() => {
  for (const made of stations) made[Symbol.dispose]();
  nft[Symbol.dispose]();
});

const answered = /^answered/;
const pingFrom = (netns: string, address: string): [string, string[]] => [
  "ip",
  ["netns", "exec", netns, "ping", "-c", "1", "-W", "1", address],
];

for (const bridgeFilter of ["0", "1"]) {
  const mode = bridgeFilter === "1" ? " (br_netfilter on)" : "";
  const lab = (name: string, body: () => Promise<void>): void => {
    test(`firewall ${name}${mode}`, async () => {
      sysctl("net/bridge/bridge-nf-call-iptables", bridgeFilter);
      sysctl("net/bridge/bridge-nf-call-ip6tables", bridgeFilter);
      await body();
    });
  };
  const sees = async (from: Station, address: string, port: number, seen: string) => {
    for (const protocol of protocols)
      assert.equal(await from.ask(protocol, address, port), seen, `${protocol} ${from.name} to ${address}:${port}`);
  };
  const cannot = async (from: Station, ...targets: [string, number][]) => {
    const asked = targets.flatMap(([address, port]) =>
      protocols.map((protocol): [Protocol, string, number] => [protocol, address, port]),
    );
    await Promise.all(
      asked.map(async ([protocol, address, port]) =>
        assert.doesNotMatch(
          await from.refused(protocol, address, port),
          answered,
          `${protocol} ${from.name} to ${address}:${port}`,
        ),
      ),
    );
  };

  lab(
    "takes and sends ports of encrypted overlays through the tunnel only, and forwards nothing into it [ENC-11]",
    async () => {
      const port = element("tunnel_ports", ["4790"]);
      const through = (link: string) => [port, element("tunnels", [link])];
      const asked = ["198.51.100.2", "2001:db8::2"];
      const answers = async (from: Station, to: readonly string[]) => {
        const all = await Promise.all(to.map((address) => from.refused("udp", address, 4790)));
        return all.map((answer) => answered.test(answer));
      };
      assert.deepEqual(await answers(host, asked), [true, true]);
      firewall.change({ add: through("tun0"), remove: [] });
      const elsewhere = [await answers(host, asked), await answers(outside, ["198.51.100.1", "2001:db8::1"])];
      firewall.change({ add: through("v-outside"), remove: through("tun0") });
      const inTunnel = [await answers(host, asked), await answers(outside, ["198.51.100.1", "2001:db8::1"])];
      const forwarded = await answers(web, asked);
      firewall.change({ add: [], remove: through("v-outside") });
      assert.deepEqual(
        { elsewhere, inTunnel, forwarded },
        {
          elsewhere: [
            [false, false],
            [false, false],
          ],
          inTunnel: [
            [true, true],
            [true, true],
          ],
          forwarded: [false, false],
        },
      );
      assert.deepEqual(await answers(web, asked), [true, true]);
    },
  );
  lab("lets members of a network talk", async () => {
    await sees(peer, "10.77.1.2", 80, "10.77.1.3");
    await sees(peer, "fd77:1::2", 80, "fd77:1::3");
  });
  lab("separates networks", () =>
    cannot(other, ["10.77.1.2", 80], ["fd77:1::2", 80], ["10.77.3.2", 80], ["fd77:3::2", 80]),
  );
  lab("masquerades what leaves the host", async () => {
    await sees(web, "198.51.100.2", 80, "198.51.100.1");
    await sees(web, "2001:db8::2", 80, "2001:db8::1");
  });
  lab("gives what leaves a network with an address of its choice that address, and no other network's", async () => {
    const chosen = [
      element("source4", ["10.77.1.0/24"], ["203.0.113.9"]),
      element("source6", ["fd77:1::/64"], ["2001:db8:9::9"]),
    ];
    firewall.change({ add: chosen, remove: [] });
    await sees(web, "198.51.100.2", 80, "203.0.113.9");
    await sees(web, "2001:db8::2", 80, "2001:db8:9::9");
    await sees(other, "198.51.100.2", 80, "198.51.100.1");
    await sees(other, "2001:db8::2", 80, "2001:db8::1");
    await sees(web, "198.51.100.1", 8080, "10.77.1.1"); // to a port published here: as ever
    firewall.change({ add: [], remove: chosen });
  });
  lab("gives an internal network no way out and no way in", async () => {
    await cannot(
      shut,
      ["198.51.100.2", 80],
      ["2001:db8::2", 80],
      ["10.77.1.2", 80],
      ["10.77.4.2", 80],
      ["10.77.3.1", 8080],
    );
    await cannot(outside, ["10.77.3.2", 80], ["fd77:3::2", 80]);
    await cannot(shut2, ["10.77.3.2", 80], ["fd77:3::2", 80]);
    await sees(host, "10.77.3.2", 80, "10.77.3.1");
    await sees(shut, "10.77.3.1", 80, "10.77.3.2");
  });
  lab("drops what outside routes straight to a container", () =>
    cannot(outside, ["10.77.1.2", 80], ["fd77:1::2", 80], ["10.77.1.2", 9000]),
  );
  lab("publishes to outside and keeps the client's address", async () => {
    await sees(outside, "198.51.100.1", 8080, "198.51.100.2");
    await sees(outside, "2001:db8::1", 8080, "2001:db8::2");
    await sees(outside, "198.51.100.1", 8082, "198.51.100.2");
    await sees(outside, "2001:db8::1", 8082, "2001:db8::2");
    for (const port of [9000, 9009]) await sees(outside, "198.51.100.1", port, "198.51.100.2");
    await sees(outside, "2001:db8::1", 9009, "2001:db8::2");
    await cannot(outside, ["198.51.100.1", 9010], ["10.77.1.1", 8082]);
  });
  lab("publishes to other networks through the host's address, client's address kept", async () => {
    await sees(other, "198.51.100.1", 8080, "10.77.2.2");
    await sees(other, "10.77.2.1", 8080, "10.77.2.2");
    await sees(other, "fd77:2::1", 8080, "fd77:2::2");
    await sees(other, "10.77.1.1", 9000, "10.77.2.2");
  });
  lab("publishes to the same network and to the container itself", async () => {
    await sees(peer, "198.51.100.1", 8080, "10.77.1.1");
    await sees(peer, "2001:db8::1", 8080, "fd77:1::1");
    await sees(web, "198.51.100.1", 8080, "10.77.1.1");
    await sees(web, "10.77.1.1", 9000, "10.77.1.1");
    await sees(web, "2001:db8::1", 8080, "fd77:1::1");
  });
  lab("publishes to the host through its own addresses", async () => {
    await sees(host, "198.51.100.1", 8080, "198.51.100.1");
    await sees(host, "2001:db8::1", 8080, "2001:db8::1");
    await sees(host, "198.51.100.1", 8082, "198.51.100.1");
  });
  lab("publishes to the host on 127.0.0.1 and ::1", async () => {
    for (const port of [8080, 8081, 9000, 9100]) await sees(host, "127.0.0.1", port, "10.77.1.1");
    for (const port of [8080, 8081, 9009]) await sees(host, "::1", port, "fd77:1::1");
    await cannot(host, ["127.0.0.1", 8082], ["::1", 8082]);
  });
  lab("lets in what is open at an address of a routed network, from outside and from other networks", async () => {
    for (const port of [80, 9000, 9009]) {
      await sees(outside, "10.77.5.2", port, "198.51.100.2");
      await sees(outside, "fd77:5::2", port, "2001:db8::2");
      await sees(other, "10.77.5.2", port, "10.77.2.2");
      await sees(other, "fd77:5::2", port, "fd77:2::2");
    }
    await cannot(outside, ["10.77.5.2", 81], ["fd77:5::2", 81], ["10.77.5.2", 9010], ["10.77.5.3", 80]);
    await cannot(other, ["10.77.5.2", 81], ["fd77:5::2", 81]);
    await cannot(shut, ["10.77.5.2", 80], ["fd77:5::2", 80]);
  });
  lab("does not open a routed network's ports to a neighbour that must not reach them", () =>
    cannot(aside, ["10.77.5.2", 80], ["fd77:5::2", 80]),
  );
  lab("lets ICMP into routed networks and no others", () => {
    const reached = (address: string) => spawnSync(...pingFrom("outside", address)).status === 0;
    assert.deepEqual(["10.77.5.2", "fd77:5::3", "10.77.1.2", "fd77:1::2"].map(reached), [true, true, false, false]);
    return Promise.resolve();
  });
  lab("keeps the address of what leaves a routed network, which reaches no container of others", async () => {
    await sees(direct, "198.51.100.2", 80, "10.77.5.2");
    await sees(direct, "2001:db8::2", 80, "fd77:5::2");
    await cannot(direct, ["10.77.1.2", 80], ["fd77:1::2", 80]);
  });
  lab("guards no port of an unprotected network, neither against the outside nor against other networks", async () => {
    for (const port of [80, 81]) {
      await sees(outside, "10.77.6.2", port, "198.51.100.2");
      await sees(outside, "fd77:6::2", port, "2001:db8::2");
    }
    await sees(bare, "198.51.100.2", 80, "198.51.100.1");
    for (const port of [80, 81]) {
      await sees(other, "10.77.6.2", port, "10.77.2.2");
      await sees(other, "fd77:6::2", port, "fd77:2::2");
    }
    await sees(direct, "10.77.6.2", 80, "10.77.5.2");
    await cannot(shut, ["10.77.6.2", 80], ["fd77:6::2", 80]);
    await cannot(bare, ["10.77.2.2", 80]);
  });
  lab("keeps ports published on loopback from everybody else", async () => {
    await cannot(outside, ["198.51.100.1", 8081], ["2001:db8::1", 8081], ["198.51.100.1", 9100]);
    for (const container of [peer, other, web]) await cannot(container, ["10.77.1.1", 8081], ["fd77:1::1", 8081]);
    await cannot(outside, [loopbackAlias6, 8081]);
  });
}
