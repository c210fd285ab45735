import { type Area, type Case, network, on, running, type Step } from "../case.ts";

/** A container that serves its name on port 80 and, unpublished, 81. */
const serving = (name: string, ipv4: string, of: string, host: Record<string, unknown> = {}, ipv6?: string): Step[] => {
  const address = { IPAMConfig: { IPv4Address: ipv4, ...(ipv6 ? { IPv6Address: ipv6 } : {}) } };
  const serve =
    "mkdir -p /www; echo $NAME > /www/index.html; httpd -p 80 -h /www; httpd -p 81 -h /www; exec sleep 1000000";
  return running(name, { Env: [`NAME=I am ${name}`], Cmd: ["sh", "-c", serve], ...on({ [of]: address }, host) });
};
const option = (name: string, value: string) => ({ Options: { [`com.docker.network.bridge.${name}`]: value } });
const publish = (...bindings: object[]) => ({ PortBindings: { "80/tcp": bindings } });

const given: Step[] = [
  network("blue", 101),
  network("red", 102, { EnableIPv6: true }),
  network("apart", 103, option("enable_icc", "false")),
  network("sealed", 104, { Internal: true }),
  network("bare", 105, option("enable_ip_masquerade", "false")),
  network("sourced", 106, { Options: { "com.docker.network.host_ipv4": "192.0.2.9" } }),
  ...serving("web", "10.101.0.10", "blue", publish({ HostPort: "8080" })),
  ...serving("local", "10.101.0.11", "blue", publish({ HostIp: "127.0.0.1", HostPort: "8081" })),
  ...serving("chosen", "10.101.0.12", "blue", publish({ HostIp: "192.0.2.1", HostPort: "8082" })),
  ...running("neighbour", on({ blue: { IPAMConfig: { IPv4Address: "10.101.0.20" } } })),
  ...serving("six", "10.102.0.10", "red", publish({ HostPort: "8083" }), "fd00:102::10"),
  ...serving("alone", "10.103.0.10", "apart", publish({ HostPort: "8084" })),
  ...running("beside", on({ apart: { IPAMConfig: { IPv4Address: "10.103.0.20" } } })),
  ...serving("inner", "10.104.0.10", "sealed", publish({ HostPort: "8085" })),
  ...running("within", on({ sealed: { IPAMConfig: { IPv4Address: "10.104.0.20" } } })),
  ...running("plainly", on({ bare: { IPAMConfig: { IPv4Address: "10.105.0.10" } } })),
];

/** A server that has only just been started may not listen yet: what is refused is tried again. */
const patiently = (ask: string) => [
  "sh",
  "-c",
  `for i in $(seq 15); do ${ask} | grep . && exit; sleep 1; done; exit 1`,
];
const patient = "curl -s -m 20 --retry 15 --retry-connrefused --retry-delay 1";

const fetch = (place: string, url: string, name: string): Step => ({
  ...{ in: place, run: `${patient} http://${url}/`, prints: `I am ${name}`, outOfFiles: true },
});
const fails = (place: string, url: string): Step => ({
  ...{ in: place, run: `curl -s -m 1 http://${url}/`, exits: "not 0", outOfFiles: true },
});

const between: Case[] = [
  {
    name: "containers of one network reach each other, at every port",
    steps: [fetch("neighbour", "10.101.0.10", "web"), fetch("neighbour", "10.101.0.10:81", "web")],
  },
  {
    name: "containers of different networks do not",
    moby: ["bridge 3.1.1"],
    steps: [fails("neighbour", "10.102.0.10"), fails("neighbour", "10.102.0.10:81")],
  },
  {
    name: "but at ports published on the node they do",
    moby: ["bridge 3.1.1"],
    steps: [fetch("neighbour", "192.0.2.1:8083", "six")],
  },
  {
    name: "without icc not even containers of one network do",
    moby: ["bridge 3.1.2"],
    steps: [fails("beside", "10.103.0.10"), fails("beside", "10.103.0.10:81")],
  },
  {
    name: "without icc ports published on the node are reached",
    moby: ["bridge 3.1.2"],
    steps: [fetch("beside", "192.0.2.1:8084", "alone")],
  },
  { name: "a container reaches its own published port on the node", steps: [fetch("web", "192.0.2.1:8080", "web")] },
  {
    name: "the host reaches containers at their addresses",
    steps: [fetch("host", "10.101.0.10:81", "web"), fetch("host", "[fd00:102::10]:81", "six")],
  },
  {
    name: "containers of an internal network reach each other, and nothing outside",
    moby: ["bridge 3.1.3"],
    steps: [
      fetch("within", "10.104.0.10", "inner"),
      { in: "within", run: "ping -c 1 -W 1 192.0.2.2", exits: "not 0" },
      {
        in: "within",
        run: ["sh", "-c", "ip route add default via 10.104.0.1; ping -c 1 -W 1 192.0.2.2"],
        exits: "not 0",
      },
    ],
  },
  {
    name: "the host reaches containers of an internal network",
    moby: ["bridge 3.1.4"],
    steps: [fetch("host", "10.104.0.10", "inner")],
  },
  {
    name: "containers of an internal network reach the host at the bridge's address",
    moby: ["bridge 3.1.5"],
    steps: [{ in: "within", run: "ping -c 1 -W 2 10.104.0.1" }],
  },
  { name: "a port published on an internal network is none", steps: [fails("outside", "192.0.2.1:8085")] },
  {
    name: "a container that joins a network reaches its members",
    steps: [
      ...running("joiner", on({ red: {} })),
      fails("joiner", "10.101.0.10"),
      { call: "POST /networks/blue/connect", body: { Container: "joiner" }, gives: 200 },
      fetch("joiner", "10.101.0.10", "web"),
      { call: "POST /networks/blue/disconnect", body: { Container: "joiner" }, gives: 200 },
      fails("joiner", "10.101.0.10"),
    ],
  },
];

const published: Case[] = [
  {
    name: "a published port is reached from outside and from the host",
    steps: [
      fetch("outside", "192.0.2.1:8080", "web"),
      fetch("host", "192.0.2.1:8080", "web"),
      fetch("host", "127.0.0.1:8080", "web"),
    ],
  },
  {
    name: "a port that is not published is not reached from outside, at the node",
    moby: ["bridge 3.2.2"],
    steps: [fails("outside", "192.0.2.1:81"), fails("outside", "192.0.2.1:80")],
  },
  {
    name: "a port published on 127.0.0.1 is reached from the host",
    moby: ["bridge 3.2.3"],
    steps: [fetch("host", "127.0.0.1:8081", "local")],
  },
  {
    name: "a port published on 127.0.0.1 is not reached from outside",
    moby: ["bridge 3.2.4"],
    steps: [fails("outside", "192.0.2.1:8081")],
  },
  {
    name: "a port published on one of the node's addresses is reached there only",
    moby: ["bridge 3.2.5"],
    steps: [
      fetch("outside", "192.0.2.1:8082", "chosen"),
      fetch("host", "192.0.2.1:8082", "chosen"),
      fails("host", "127.0.0.1:8082"),
    ],
  },
  {
    name: "a port is reached at the node's IPv6 address",
    moby: ["bridge 3.2.6"],
    steps: [fetch("outside", "[fd99::1]:8083", "six"), fetch("host", "[::1]:8083", "six")],
  },
  {
    name: "containers see clients' own addresses",
    moby: ["bridge 3.2.7"],
    differs: ["ipv6-source"],
    steps: [
      ...running("watcher", {
        ...on({ red: {} }, publish({ HostPort: "8086" })),
        Cmd: ["sh", "-c", "nc -ll -p 80 -e sh -c 'netstat -tn | grep :80 | grep ESTABLISHED'"],
      }),
      { in: "outside", run: patiently("sleep 1 | nc -w 2 fd99::1 8086"), prints: "fd99::2" },
      { in: "outside", run: patiently("sleep 1 | nc -w 2 192.0.2.1 8086"), prints: "192.0.2.2" },
    ],
  },
  {
    name: "a container's address is not reached from outside, on any port",
    moby: ["bridge 3.1.7"],
    differs: ["direct-routing"],
    steps: [fails("outside", "10.101.0.10:81"), fails("outside", "10.101.0.10:80")],
  },
  {
    name: "a range of ports is published pairwise",
    steps: [
      ...running("pair", {
        Cmd: [
          "sh",
          "-c",
          "mkdir /a /b; echo first > /a/index.html; echo second > /b/index.html; httpd -p 90 -h /a; httpd -p 91 -h /b; sleep 1000",
        ],
        ...on({ blue: {} }, { PortBindings: { "90/tcp": [{ HostPort: "8090" }], "91/tcp": [{ HostPort: "8091" }] } }),
        ExposedPorts: { "90/tcp": {}, "91/tcp": {} },
      }),
      { in: "outside", run: `${patient} http://192.0.2.1:8090/`, prints: "first" },
      { in: "outside", run: `${patient} http://192.0.2.1:8091/`, prints: "second" },
    ],
  },
  {
    name: "a published port leads to the network of the default route",
    moby: ["bridge 3.5.1"],
    steps: [
      ...serving("wanderer", "10.102.0.60", "red", publish({ HostPort: "8087" })),
      fetch("outside", "192.0.2.1:8087", "wanderer"),
      { call: "POST /networks/blue/connect", body: { Container: "wanderer" }, gives: 200 },
      fetch("outside", "192.0.2.1:8087", "wanderer"),
      { call: "POST /networks/red/disconnect", body: { Container: "wanderer" }, gives: 200 },
      fetch("outside", "192.0.2.1:8087", "wanderer"),
    ],
  },
  {
    name: "a stopped container's port is closed",
    steps: [
      ...serving("stopper", "10.101.0.61", "blue", publish({ HostPort: "8088" })),
      fetch("outside", "192.0.2.1:8088", "stopper"),
      { call: "POST /containers/stopper/kill", gives: 204 },
      { call: "POST /containers/stopper/wait", gives: 200 },
      fails("outside", "192.0.2.1:8088"),
    ],
  },
];

/** Pings from a container on this network, as the machine outside sees them: it routes back to every address. */
const seenFrom = (of: string, ipv4: string, address: string): Step[] => [
  ...running("pinger", { Cmd: ["ping", "192.0.2.2"], ...on({ [of]: { IPAMConfig: { IPv4Address: ipv4 } } }) }),
  {
    in: "outside",
    run: ["timeout", "5", "tcpdump", "-lni", "uplink", "-c", "1", "icmp[icmptype] == 8"],
    prints: `IP ${address} > 192.0.2.2`,
  },
];
const egress: Case[] = [
  {
    name: "outside sees the node's address",
    moby: ["bridge 3.3.1"],
    steps: seenFrom("blue", "10.101.0.70", "192.0.2.1"),
  },
  {
    name: "without masquerading outside sees the container's address",
    moby: ["bridge 3.3.2"],
    steps: seenFrom("bare", "10.105.0.70", "10.105.0.70"),
  },
  {
    name: "outside sees the address that the network has chosen",
    moby: ["bridge 3.3.4"],
    steps: seenFrom("sourced", "10.106.0.70", "192.0.2.9"),
  },
];

const modes: Case[] = [
  {
    name: "gateway mode isolated leaves the bridge without an address",
    moby: ["bridge 3.1.6"],
    newer: true,
    steps: [
      network("island", 110, { Internal: true, ...option("gateway_mode_ipv4", "isolated") }),
      ...serving("hermit", "10.110.0.10", "island"),
      { in: "host", run: "ip -4 address show dev br-{island:12}", prints: "!inet" },
      fails("host", "10.110.0.10"),
    ],
  },
  {
    name: "an MTU is that of the bridge and of every interface",
    moby: ["bridge 2.6"],
    steps: [
      network("narrow", 111, { Options: { "com.docker.network.driver.mtu": "1380" } }),
      ...running("thin", on({ narrow: {} })),
      { in: "thin", run: "cat /sys/class/net/eth0/mtu", prints: "1380" },
    ],
  },
  {
    name: "interfaces are called as container_iface_prefix says",
    steps: [
      network("prefixed", 112, { Options: { "com.docker.network.container_iface_prefix": "net" } }),
      ...running("fixed", on({ prefixed: {} })),
      { in: "fixed", run: "ip -4 -o address show dev net0", prints: "10.112.0." },
    ],
  },
  {
    name: "inhibit_ipv4 leaves the bridge without an address",
    steps: [
      network("quiet", 113, option("inhibit_ipv4", "true")),
      { in: "host", run: "ip -4 address show dev br-{quiet:12}", prints: "!inet" },
    ],
  },
  {
    name: "host_binding_ipv4 is where ports are published that name no address",
    steps: [
      network("bound", 114, option("host_binding_ipv4", "127.0.0.1")),
      ...running("tied", on({ bound: {} }, publish({ HostPort: "8092" }))),
      {
        call: "GET /containers/tied/json",
        gives: 200,
        shows: { NetworkSettings: { Ports: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "8092" }] } } },
      },
    ],
  },
];

export const reach: Area = { title: "reachability", given, cases: [...between, ...published, ...egress, ...modes] };
