import { type Area, type Case, created, network, on, refused, running, type Step } from "../case.ts";

const connect = (name: string, container: string, config?: object) => ({
  call: `POST /networks/${name}/connect`,
  body: { Container: container, ...(config ? { EndpointConfig: config } : {}) },
});
const disconnect = (name: string, container: string, more: object = {}) => ({
  call: `POST /networks/${name}/disconnect`,
  body: { Container: container, ...more },
});
const address = (ipv4: string) => ({ IPAMConfig: { IPv4Address: ipv4 } });
const settings = (container: string, of: string, shows: unknown): Step => ({
  call: `GET /containers/${container}/json`,
  gives: 200,
  shows: { NetworkSettings: { Networks: { [of]: shows } } },
});

/** Networks and containers that cases look at, and leave as they are. */
const given: Step[] = [
  network("blue", 61),
  network("red", 62),
  network("dual", 63, { EnableIPv6: true }),
  network("sealed", 64, { Internal: true }),
  { call: "POST /networks/create", body: { Name: "auto" }, as: "auto", gives: 201 },
  ...running("plain"),
  ...running("bluish", on({ blue: { ...address("10.61.0.50"), Aliases: ["azure", "sky"] } })),
  ...running("dually", on({ dual: { IPAMConfig: { IPv4Address: "10.63.0.9", IPv6Address: "fd00:63::9" } } })),
  ...running("hosted", { HostConfig: { NetworkMode: "host" } }),
  ...running("nothing", { HostConfig: { NetworkMode: "none" } }),
  ...running("joined", { HostConfig: { NetworkMode: "container:bluish" } }),
  created("stopped"),
];

const live: Case[] = [
  {
    name: "a running container is connected at once, and disconnected",
    moby: ["common 1.23", "common 1.24"],
    steps: [
      ...running("mover"),
      { ...connect("blue", "mover"), gives: 200, shows: "" },
      settings("mover", "blue", {
        IPAddress: "10.61.0...",
        IPPrefixLen: 24,
        Gateway: "10.61.0.1",
        NetworkID: "{blue}",
      }),
      { in: "mover", run: "ip -4 address show dev eth1", prints: "inet 10.61.0." },
      { ...disconnect("blue", "mover"), gives: 200, shows: "" },
      settings("mover", "blue", undefined),
      { in: "mover", run: "ip address show dev eth1", exits: "not 0" },
      { call: "GET /containers/mover/json", gives: 200, shows: { State: { Running: true } } },
    ],
  },
  {
    name: "the network a container was started with can be left",
    moby: ["common 1.23", "common 1.24"],
    steps: [
      ...running("leaver", { HostConfig: { NetworkMode: "blue" } }),
      { ...disconnect("{blue}", "{leaver}"), gives: 200 },
      { call: "GET /containers/leaver/json", gives: 200, shows: { NetworkSettings: { Networks: {} } } },
      { in: "leaver", run: "ip -o link", prints: "!eth0" },
    ],
  },
  {
    name: "a chosen address is had, and shown",
    moby: ["common 2.17", "common 2.18"],
    steps: [
      { in: "dually", run: "ip -o address show dev eth0", prints: ["inet 10.63.0.9/24", "inet6 fd00:63::9/64"] },
      settings("dually", "dual", {
        ...{ IPAddress: "10.63.0.9", IPPrefixLen: 24, GlobalIPv6Address: "fd00:63::9", GlobalIPv6PrefixLen: 64 },
        IPAMConfig: { IPv4Address: "10.63.0.9", IPv6Address: "fd00:63::9" },
      }),
    ],
  },
  {
    name: "a chosen address is had by a live connect, too",
    moby: ["common 2.17"],
    steps: [
      ...running("chooser"),
      {
        ...connect("dual", "chooser", { IPAMConfig: { IPv4Address: "10.63.0.77", IPv6Address: "fd00:63::77" } }),
        gives: 200,
      },
      { in: "chooser", run: "ip -o address show dev eth1", prints: ["inet 10.63.0.77/24", "inet6 fd00:63::77/64"] },
    ],
  },
  {
    name: "link-local addresses are added to the interface",
    steps: [
      ...running("linklocal"),
      {
        ...connect("dual", "linklocal", { IPAMConfig: { LinkLocalIPs: ["169.254.34.68", "fe80::34:68"] } }),
        gives: 200,
      },
      { in: "linklocal", run: "ip -o address show dev eth1", prints: ["169.254.34.68", "fe80::34:68"] },
      settings("linklocal", "dual", { IPAMConfig: { LinkLocalIPs: ["169.254.34.68", "fe80::34:68"] } }),
    ],
  },
  {
    name: "a second connect to the same network is refused, and nothing changes",
    moby: ["common 1.10", "common 1.11"],
    steps: [
      {
        ...connect("blue", "bluish", address("10.61.0.99")),
        gives: "403 endpoint with name bluish already exists in network blue",
      },
      settings("bluish", "blue", { IPAddress: "10.61.0.50" }),
    ],
  },
  {
    name: "the default bridge can be joined and left while a container runs",
    steps: [
      ...running("bridger", { HostConfig: { NetworkMode: "blue" } }),
      { ...connect("bridge", "bridger"), gives: 200 },
      settings("bridger", "bridge", { IPAddress: "172.17...", Gateway: "172.17.0.1" }),
      { ...disconnect("bridge", "bridger"), gives: 200 },
      settings("bridger", "bridge", undefined),
    ],
  },
  {
    name: "a taken address is refused, and the container stays as it is",
    differs: ["failed-connect"],
    steps: [
      { ...connect("blue", "plain", address("10.61.0.50")), gives: "403 Address already in use" },
      settings("plain", "blue", undefined),
    ],
  },
  {
    name: "the gateway's address is refused",
    differs: ["failed-connect"],
    steps: [
      { ...connect("blue", "plain", address("10.61.0.1")), gives: "403 Address already in use" },
      settings("plain", "blue", undefined),
    ],
  },
  {
    name: "an address outside of every subnet is refused",
    moby: ["common 1.16"],
    differs: ["endpoint-words"],
    steps: [
      {
        ...connect("blue", "plain", address("10.99.0.1")),
        gives: "400 invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 10.99.0.1",
      },
      settings("plain", "blue", undefined),
    ],
  },
  {
    name: "an address on the default bridge is refused",
    moby: ["common 1.17"],
    differs: ["endpoint-words"],
    steps: [
      {
        ...connect("bridge", "bluish", address("172.17.0.99")),
        gives: "400 invalid endpoint settings:\nuser specified IP address is supported on user defined networks only",
      },
      settings("bluish", "bridge", undefined),
    ],
  },
  {
    name: "an alias on the default bridge is refused",
    differs: ["endpoint-words"],
    steps: [
      {
        ...connect("bridge", "bluish", { Aliases: ["x"] }),
        gives: "400 invalid endpoint settings:\nnetwork-scoped aliases are only supported for user-defined networks",
      },
    ],
  },
  {
    name: "an address on a network whose subnet was not chosen is refused",
    steps: [
      {
        ...connect("auto", "plain", address("172.18.0.77")),
        gives:
          "400 user specified IP address is supported only when connecting to networks with user configured subnets",
      },
      settings("plain", "auto", undefined),
    ],
  },
  {
    name: "what is no address is refused",
    differs: ["endpoint-words"],
    steps: [{ ...connect("blue", "plain", address("ten")), gives: "400 invalid IPv4 address: ten" }],
  },
  {
    name: "what is no IPv6 address is refused",
    differs: ["endpoint-words"],
    steps: [
      {
        ...connect("dual", "plain", { IPAMConfig: { IPv6Address: "10.63.0.5" } }),
        gives: "400 invalid IPv6 address: 10.63.0.5",
      },
    ],
  },
  {
    name: "what is no link-local address is refused",
    differs: ["endpoint-words"],
    steps: [
      {
        ...connect("blue", "plain", { IPAMConfig: { LinkLocalIPs: ["10.1.2.3"] } }),
        gives: "400 invalid link-local IP address: 10.1.2.3",
      },
      settings("plain", "blue", undefined),
    ],
  },
  {
    name: "an IPv6 address on a network without IPv6 is refused",
    differs: ["endpoint-words"],
    steps: [
      { ...connect("blue", "plain", { IPAMConfig: { IPv6Address: "fd00:61::9" } }), gives: "400 " },
      settings("plain", "blue", undefined),
    ],
  },
  {
    name: "everything wrong with an endpoint is said at once",
    newer: true,
    steps: [
      {
        ...connect("blue", "plain", {
          IPAMConfig: { IPv4Address: "ten", IPv6Address: "eleven", LinkLocalIPs: ["12"] },
        }),
        gives:
          "400 invalid endpoint settings:\ninvalid IPv4 address: ten\ninvalid IPv6 address: eleven\n" +
          "invalid link-local IP address: 12",
      },
    ],
  },
];

const wrong: Case[] = [
  refused(
    "an unknown network is not found",
    "POST /networks/nosuch/connect",
    { Container: "plain" },
    "404 network nosuch not found",
  ),
  refused(
    "an unknown container is not found",
    "POST /networks/blue/connect",
    { Container: "nosuch" },
    "404 No such container: nosuch",
  ),
  refused(
    "the container comes first of two that are unknown",
    "POST /networks/nosuch/connect",
    { Container: "nosuch" },
    "404 No such container: nosuch",
  ),
  refused("a container must be named", "POST /networks/blue/connect", {}, "400 "),
  refused(
    "leaving an unknown network is not found",
    "POST /networks/nosuch/disconnect",
    { Container: "plain" },
    "404 network nosuch not found",
  ),
  refused(
    "an unknown container cannot leave",
    "POST /networks/blue/disconnect",
    { Container: "nosuch" },
    "404 No such container: nosuch",
  ),
  refused("a container must be named to leave", "POST /networks/blue/disconnect", {}, "400 "),
  refused(
    "leaving a network one is not on fails",
    "POST /networks/red/disconnect",
    { Container: "plain" },
    "500 is not connected to ... red",
    {
      moby: ["common 1.20", "common 1.21"],
    },
  ),
  {
    name: "a stopped container cannot leave a network it is not on",
    moby: ["common 1.20"],
    steps: [{ ...disconnect("red", "stopped"), gives: "500 is not connected to ... red" }],
  },
  refused(
    "the host's network cannot be joined",
    "POST /networks/host/connect",
    { Container: "plain" },
    "403 container cannot be disconnected from host network or connected to host network",
    {
      differs: ["mode-conflicts"],
    },
  ),
  refused(
    "the host's network cannot be left",
    "POST /networks/host/disconnect",
    { Container: "hosted" },
    "403 container cannot be disconnected from host network or connected to host network",
    {
      differs: ["mode-conflicts"],
    },
  ),
  refused(
    "a container on the host's network joins no other",
    "POST /networks/blue/connect",
    { Container: "hosted" },
    "403 ",
    {
      differs: ["mode-conflicts"],
    },
  ),
  refused(
    "none cannot be joined beside others",
    "POST /networks/none/connect",
    { Container: "plain" },
    "403 container cannot be connected to multiple networks with one of the networks in private (none) mode",
    {
      differs: ["mode-conflicts"],
    },
  ),
  refused(
    "a container on none joins no other",
    "POST /networks/blue/connect",
    { Container: "nothing" },
    "403 container cannot be connected to multiple networks with one of the networks in private (none) mode",
    {
      differs: ["mode-conflicts"],
    },
  ),
  refused(
    "a container in another's sandbox joins none",
    "POST /networks/red/connect",
    { Container: "joined" },
    "403 container sharing network namespace with another container or host cannot be connected to any other network",
    {
      differs: ["mode-conflicts"],
    },
  ),
  refused("a body of the wrong shape is refused", "POST /networks/blue/connect", { Container: 5 }, "400 Container"),
  refused(
    "an endpoint of the wrong shape is refused",
    "POST /networks/blue/connect",
    { Container: "plain", EndpointConfig: [] },
    "400 EndpointConfig",
  ),
  refused("no body is refused", "POST /networks/blue/connect", undefined, "400 EOF"),
  {
    name: "names may have Docker's slash in front",
    steps: [
      ...running("slashed"),
      { ...connect("blue", "/slashed"), gives: 200 },
      settings("slashed", "blue", { NetworkID: "{blue}" }),
    ],
  },
];

const stopped: Case[] = [
  {
    name: "a created container is connected: it has the network when it starts",
    steps: [
      created("waiting"),
      { ...connect("blue", "waiting", { ...address("10.61.0.70"), Aliases: ["later"] }), gives: 200 },
      settings("waiting", "blue", { IPAMConfig: { IPv4Address: "10.61.0.70" }, IPAddress: "" }),
      { call: "POST /containers/waiting/start", gives: 204 },
      settings("waiting", "blue", { IPAddress: "10.61.0.70" }),
      { in: "waiting", run: "ip -4 -o address", prints: ["10.61.0.70/24", "172.17."] },
    ],
  },
  {
    name: "a created container leaves a network before its start",
    steps: [
      created("waiting", { HostConfig: { NetworkMode: "blue" } }),
      { ...disconnect("blue", "waiting"), gives: 200 },
      { ...connect("red", "waiting"), gives: 200 },
      { call: "POST /containers/waiting/start", gives: 204 },
      { in: "waiting", run: "ip -4 -o address", prints: ["10.62.0.", "!10.61.0."] },
    ],
  },
  {
    name: "a created container is not connected to what is no network",
    moby: ["common 1.14"],
    differs: ["stopped-connect"],
    steps: [
      created("waiting"),
      { ...connect("nosuch", "waiting"), gives: "404 network nosuch not found" },
      { call: "POST /containers/waiting/start", gives: 204 },
    ],
  },
  {
    name: "a created container is not connected with an address it cannot have",
    moby: ["common 1.16"],
    differs: ["stopped-connect"],
    steps: [
      created("waiting"),
      { ...connect("blue", "waiting", address("10.99.0.1")), gives: "400 10.99.0.1" },
      settings("waiting", "blue", undefined),
    ],
  },
  {
    name: "a created container is connected twice: the second is refused, and nothing changes",
    moby: ["common 1.13"],
    differs: ["stopped-connect"],
    steps: [
      created("waiting"),
      { ...connect("blue", "waiting", address("10.61.0.71")), gives: 200 },
      { ...connect("blue", "waiting", address("10.61.0.72")), gives: "403 already exists in network blue" },
      settings("waiting", "blue", { IPAMConfig: { IPv4Address: "10.61.0.71" } }),
    ],
  },
  {
    name: "no container is connected to a configuration",
    moby: ["common 1.52"],
    differs: ["stopped-connect"],
    steps: [
      network("config", 65, { ConfigOnly: true }),
      created("waiting"),
      { ...connect("config", "waiting"), gives: "403 configuration" },
    ],
  },
  {
    name: "force takes a stopped container off its network",
    steps: [
      created("waiting", { HostConfig: { NetworkMode: "blue" } }),
      { ...disconnect("blue", "waiting", { Force: true }), gives: 200 },
      settings("waiting", "blue", undefined),
    ],
  },
  {
    name: "a restarted container keeps its networks and addresses",
    steps: [
      ...running("steady", on({ blue: address("10.61.0.80") })),
      { ...connect("red", "steady", address("10.62.0.80")), gives: 200 },
      { call: "POST /containers/steady/restart?t=0", gives: 204 },
      { in: "steady", run: "ip -4 -o address", prints: ["10.61.0.80/24", "10.62.0.80/24"] },
    ],
  },
];

const interfaces: Case[] = [
  {
    name: "a network made from a configuration gives addresses of its subnets",
    moby: ["common 1.46"],
    steps: [
      network("config", 66, { ConfigOnly: true }),
      {
        call: "POST /networks/create",
        body: { Name: "configured", ConfigFrom: { Network: "config" } },
        ...{ as: "configured", gives: 201 },
      },
      ...running("inconfig", { HostConfig: { NetworkMode: "configured" } }),
      { in: "inconfig", run: "ip -4 -o address show dev eth0", prints: "inet 10.66.0." },
      { call: "DELETE /containers/inconfig?force=1", gives: 204 },
      { call: "DELETE /networks/configured", gives: 204 },
    ],
  },
  {
    name: "interfaces are eth0, eth1 and so on",
    moby: ["common 2.2"],
    steps: [
      ...running("counted", { HostConfig: { NetworkMode: "blue" } }),
      { ...connect("red", "counted"), gives: 200 },
      { in: "counted", run: "ip -4 -o address", prints: ["eth0 ... 10.61.0.", "eth1 ... 10.62.0."] },
    ],
  },
  {
    name: "an endpoint without a chosen MAC address has a local one",
    steps: [
      { in: "plain", run: "ip link show dev eth0", prints: "link/ether {mac}" },
      settings("plain", "bridge", { MacAddress: "{mac}" }),
    ],
  },
  {
    name: "Config.MacAddress is the address of the first endpoint",
    steps: [
      ...running("macked", { MacAddress: "02:42:ac:11:00:77", HostConfig: { NetworkMode: "blue" } }),
      { in: "macked", run: ["sh", "-c", "cat /sys/class/net/eth0/address | tr : -"], prints: "02-42-ac-11-00-77" },
    ],
  },
  {
    name: "an endpoint's MAC address is honoured since API 1.44",
    moby: ["common 2.19"],
    newer: true,
    steps: [
      ...running("macked", on({ blue: { MacAddress: "02:42:ac:11:00:78" } })),
      { in: "macked", run: ["sh", "-c", "cat /sys/class/net/eth0/address | tr : -"], prints: "02-42-ac-11-00-78" },
    ],
  },
  {
    name: "a MAC address that is none is refused",
    differs: ["macs-checked"],
    steps: [{ ...created("bad", { MacAddress: "02:42:zz" }), gives: "400 02:42:zz" }],
  },
  {
    name: "an endpoint has the interface name it asks for",
    moby: ["common 2.1"],
    newer: true,
    steps: [
      ...running("named", on({ blue: { DriverOpts: { "com.docker.network.endpoint.ifname": "front" } } })),
      { in: "named", run: "ip -4 -o address show dev front", prints: "10.61.0." },
      settings("named", "blue", { DriverOpts: { "com.docker.network.endpoint.ifname": "front" } }),
    ],
  },
  {
    name: "a live connect takes an interface name",
    moby: ["common 2.1"],
    newer: true,
    steps: [
      ...running("named"),
      { ...connect("blue", "named", { DriverOpts: { "com.docker.network.endpoint.ifname": "back" } }), gives: 200 },
      { in: "named", run: "ip -4 -o address show dev back", prints: "10.61.0." },
    ],
  },
  {
    name: "a name that is no interface name is refused at once",
    moby: ["common 2.3", "common 2.4"],
    newer: true,
    steps: [
      {
        ...created(
          "bad",
          on({ blue: { DriverOpts: { "com.docker.network.endpoint.ifname": "far-too-long-a-name" } } }),
        ),
        gives: "400 far-too-long-a-name",
      },
      {
        ...connect("red", "plain", { DriverOpts: { "com.docker.network.endpoint.ifname": "a/b" } }),
        gives: "400 a/b",
      },
      settings("plain", "red", undefined),
    ],
  },
  {
    name: "lo and names in use are refused by a live connect",
    moby: ["common 2.12"],
    newer: true,
    steps: [
      { ...connect("red", "plain", { DriverOpts: { "com.docker.network.endpoint.ifname": "lo" } }), gives: "400 lo" },
      {
        ...connect("red", "plain", { DriverOpts: { "com.docker.network.endpoint.ifname": "eth0" } }),
        gives: "400 eth0",
      },
      settings("plain", "red", undefined),
    ],
  },
  {
    name: "an interface's own sysctls are set",
    newer: true,
    steps: [
      ...running(
        "tuned",
        on({
          blue: {
            DriverOpts: {
              "com.docker.network.endpoint.sysctls":
                "net.ipv4.conf.IFNAME.log_martians=1,net.ipv4.conf.ifname.rp_filter=2",
            },
          },
        }),
      ),
      { in: "tuned", run: "sysctl -n net.ipv4.conf.eth0.log_martians net.ipv4.conf.eth0.rp_filter", prints: "1\n2" },
    ],
  },
  {
    name: "a sysctl that is not the interface's is refused",
    newer: true,
    steps: [
      {
        ...connect("red", "plain", { DriverOpts: { "com.docker.network.endpoint.sysctls": "net.ipv4.ip_forward=1" } }),
        gives: "400 net.ipv4.ip_forward=1",
      },
      settings("plain", "red", undefined),
    ],
  },
  {
    name: "Sysctls of the container are set in its namespace",
    steps: [
      ...running("sysctled", { HostConfig: { Sysctls: { "net.ipv4.ip_unprivileged_port_start": "99" } } }),
      { in: "sysctled", run: "sysctl -n net.ipv4.ip_unprivileged_port_start", prints: "99" },
    ],
  },
];

const gateways: Case[] = [
  {
    name: "a container's default route leads through its network's gateway",
    steps: [
      { in: "bluish", run: "ip -4 route", prints: ["default via 10.61.0.1 dev eth0", "10.61.0.0/24 dev eth0"] },
      { in: "dually", run: "ip -6 route", prints: "default via fd00:63::1 dev eth0" },
    ],
  },
  {
    name: "a container on internal networks only has no default route",
    moby: ["common 3.1"],
    differs: ["internal-gateway"],
    steps: [
      ...running("inner", { HostConfig: { NetworkMode: "sealed" } }),
      { in: "inner", run: "ip -4 route", prints: ["10.64.0.0/24 dev eth0", "!default"] },
      settings("inner", "sealed", { Gateway: "" }),
    ],
  },
  {
    name: "an internal network gives no default route where another has one",
    steps: [
      ...running("half", { HostConfig: { NetworkMode: "sealed" } }),
      { ...connect("blue", "half"), gives: 200 },
      { in: "half", run: "ip -4 route", prints: "default via 10.61.0.1 dev eth1" },
    ],
  },
  {
    name: "the network whose name comes first has the default route, whatever was first there",
    steps: [
      ...running("router", { HostConfig: { NetworkMode: "red" } }),
      { ...connect("blue", "router"), gives: 200 },
      { in: "router", run: "ip -4 route", prints: "default via 10.61.0.1 dev eth1" },
      { ...disconnect("blue", "router"), gives: 200 },
      { in: "router", run: "ip -4 route", prints: "default via 10.62.0.1 dev eth0" },
    ],
  },
  {
    name: "GwPriority decides at create since API 1.48",
    moby: ["common 3.2"],
    newer: true,
    steps: [
      ...running("chosen", on({ blue: {}, red: { GwPriority: 5 } })),
      { in: "chosen", run: "ip -4 route", prints: "default via 10.62.0.1" },
      settings("chosen", "red", { GwPriority: 5 }),
      settings("chosen", "blue", { GwPriority: 0 }),
    ],
  },
  {
    name: "GwPriority is ignored at create below API 1.48",
    moby: ["common 3.3"],
    newer: true,
    steps: [
      {
        ...created("old", on({ blue: {}, red: { GwPriority: 5 } })),
        call: "POST /v1.47/containers/create?name=old",
      },
      { call: "POST /containers/old/start", gives: 204 },
      { in: "old", run: "ip -4 route", prints: "default via 10.61.0.1" },
    ],
  },
  {
    name: "a live connect applies GwPriority at every API version, negative ones too",
    moby: ["common 3.4"],
    newer: true,
    steps: [
      ...running("swing", { HostConfig: { NetworkMode: "blue" } }),
      { ...connect("red", "swing", { GwPriority: 1 }), call: "POST /v1.41/networks/red/connect", gives: 200 },
      { in: "swing", run: "ip -4 route", prints: "default via 10.62.0.1" },
      { ...disconnect("red", "swing"), gives: 200 },
      { ...connect("red", "swing", { GwPriority: -1 }), gives: 200 },
      { in: "swing", run: "ip -4 route", prints: "default via 10.61.0.1" },
    ],
  },
];

export const endpoints: Area = {
  title: "endpoints",
  given,
  cases: [...live, ...wrong, ...stopped, ...interfaces, ...gateways],
};
