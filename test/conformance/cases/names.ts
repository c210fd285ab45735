import { type Area, type Case, created, network, on, running, type Step } from "../case.ts";

/** What the server outside says of names that it does not know. */
const unknown = { status: "NXDOMAIN" };
const dns = (place: string, dig: string, answers: readonly string[], more: object = {}): Step => ({
  in: place,
  dig,
  answers,
  ...more,
});
const at = (of: string, ipv4: string, more: object = {}) =>
  on({ [of]: { IPAMConfig: { IPv4Address: ipv4 }, ...more } });
const cat = (place: string, file: string, ...prints: string[]): Step => ({
  in: place,
  run: `cat /etc/${file}`,
  prints,
});

const given: Step[] = [
  network("app", 81),
  network("dual", 82, { EnableIPv6: true }),
  network("far", 83),
  network("sealed", 84, { Internal: true }),
  ...running("asker", at("app", "10.81.0.10")),
  ...running("Web", { Hostname: "frontend", ...at("app", "10.81.0.11", { Aliases: ["www", "shared"] }) }),
  ...running("db", at("app", "10.81.0.12", { Aliases: ["shared", "store"] })),
  ...running("six", on({ dual: { IPAMConfig: { IPv4Address: "10.82.0.11", IPv6Address: "fd00:82::11" } } })),
  ...running("sixer", on({ dual: { IPAMConfig: { IPv4Address: "10.82.0.12" } } })),
  ...running("remote", at("far", "10.83.0.11", { Aliases: ["hidden"] })),
  ...running("plain"),
  ...running("inner", at("sealed", "10.84.0.10")),
  {
    call: "POST /networks/far/connect",
    body: { Container: "sixer", EndpointConfig: { IPAMConfig: { IPv4Address: "10.83.0.12" } } },
    gives: 200,
  },
];

const answers: Case[] = [
  { name: "a container's name is its address", moby: ["dns 2.1"], steps: [dns("asker", "db A", ["10.81.0.12"])] },
  {
    name: "case does not matter in names and aliases",
    moby: ["dns 2.2"],
    steps: [
      dns("asker", "Web A", ["10.81.0.11"]),
      dns("asker", "WEB A", ["10.81.0.11"]),
      dns("asker", "web A", ["10.81.0.11"]),
      dns("asker", "WwW A", ["10.81.0.11"]),
    ],
  },
  {
    name: "an alias holds on its own network only",
    moby: ["dns 2.3", "dns 2.11"],
    steps: [
      dns("asker", "store A", ["10.81.0.12"]),
      dns("sixer", "hidden A", ["10.83.0.11"]),
      dns("asker", "hidden A", [], unknown),
    ],
  },
  {
    name: "an alias of several containers is all of their addresses",
    moby: ["dns 2.4"],
    steps: [dns("asker", "shared A", ["10.81.0.11", "10.81.0.12"])],
  },
  { name: "the short id is a name", moby: ["dns 2.5"], steps: [dns("asker", "{db:12} A", ["10.81.0.12"])] },
  {
    name: "the hostname is a name",
    moby: ["dns 2.5"],
    steps: [dns("asker", "frontend A", ["10.81.0.11"])],
  },
  {
    name: "inspect lists name, aliases, short id and hostname, each once",
    moby: ["dns 2.6", "dns 2.7"],
    newer: true,
    steps: [
      {
        call: "GET /v1.44/containers/Web/json",
        gives: 200,
        shows: {
          NetworkSettings: { Networks: { app: { DNSNames: ["Web", "www", "shared", "{Web:12}", "frontend"] } } },
        },
      },
    ],
  },
  {
    name: "a name on any of one's networks is known",
    moby: ["dns 2.10"],
    steps: [dns("sixer", "six A", ["10.82.0.11"]), dns("sixer", "remote A", ["10.83.0.11"])],
  },
  { name: "AAAA is the IPv6 address", moby: ["dns 2.17"], steps: [dns("sixer", "six AAAA", ["fd00:82::11"])] },
  {
    name: "a known name without the family asked for is an empty answer",
    moby: ["dns 2.18"],
    steps: [dns("asker", "db AAAA", [])],
  },
  {
    name: "MX of a known name is an empty answer",
    moby: ["dns 2.19"],
    steps: [dns("asker", "db MX", [])],
  },
  {
    name: "PTR is the container's name on the network",
    moby: ["dns 2.25", "dns 2.27"],
    steps: [dns("asker", "-x 10.81.0.12", ["db.app."])],
  },
  { name: "PTR of an IPv6 address", moby: ["dns 2.25"], steps: [dns("sixer", "-x fd00:82::11", ["six.dual."])] },
  { name: "what PTR answers leads back", moby: ["dns 2.26"], steps: [dns("asker", "db.app A", ["10.81.0.12"])] },
  {
    name: "name.network is the address on that network, and the network's case counts",
    moby: ["dns 2.28", "dns 2.29"],
    steps: [
      dns("sixer", "six.dual A", ["10.82.0.11"]),
      dns("sixer", "sixer.far A", ["10.83.0.12"]),
      dns("sixer", "SIX.dual A", ["10.82.0.11"]),
    ],
  },
  { name: "TCP answers, too", steps: [dns("asker", "+tcp shared A", ["10.81.0.11", "10.81.0.12"])] },
  {
    name: "records live for ten minutes",
    moby: ["dns 2.24"],
    steps: [{ in: "asker", run: "nslookup -type=a db 127.0.0.11", prints: "10.81.0.12" }],
  },
  {
    name: "the resolver of busybox finds names by /etc/resolv.conf",
    steps: [{ in: "asker", run: "ping -c 1 -W 2 db", prints: "10.81.0.12" }],
  },
];

const changes: Case[] = [
  {
    name: "a name is there after the start, and gone after the end",
    moby: ["dns 2.12", "dns 2.14"],
    steps: [
      ...running("comer", at("app", "10.81.0.50")),
      dns("asker", "comer A", ["10.81.0.50"]),
      { call: "POST /containers/comer/stop?t=0", gives: 204 },
      dns("asker", "comer A", [], unknown),
    ],
  },
  {
    name: "a name is there after a live connect, and gone after the disconnect",
    moby: ["dns 2.13", "dns 2.14"],
    steps: [
      ...running("visitor"),
      {
        call: "POST /networks/app/connect",
        body: {
          Container: "visitor",
          EndpointConfig: { IPAMConfig: { IPv4Address: "10.81.0.51" }, Aliases: ["guest"] },
        },
        gives: 200,
      },
      dns("asker", "visitor A", ["10.81.0.51"]),
      dns("asker", "guest A", ["10.81.0.51"]),
      { call: "POST /networks/app/disconnect", body: { Container: "visitor" }, gives: 200 },
      dns("asker", "visitor A", [], unknown),
    ],
  },
  {
    name: "a renamed container is known by its new name only",
    moby: ["dns 2.15"],
    steps: [
      ...running("before", at("app", "10.81.0.52")),
      { call: "POST /containers/before/rename?name=afterwards", gives: 204 },
      dns("asker", "afterwards A", ["10.81.0.52"]),
      dns("asker", "before A", [], unknown),
    ],
  },
  {
    name: "a rename changes DNSNames",
    moby: ["dns 2.8"],
    newer: true,
    steps: [
      ...running("before", at("app", "10.81.0.53", { Aliases: ["stays"] })),
      { call: "POST /containers/before/rename?name=afterwards", gives: 204 },
      {
        call: "GET /containers/afterwards/json",
        gives: 200,
        shows: { NetworkSettings: { Networks: { app: { DNSNames: ["afterwards", "stays", "{before:12}"] } } } },
      },
    ],
  },
  {
    name: "a link's alias is known to the container that has the link, and to no other",
    moby: ["dns 2.32", "dns 2.33"],
    steps: [
      ...running("linker", at("app", "10.81.0.54", { Links: ["db:database", "db:Web"] })),
      dns("linker", "database A", ["10.81.0.12"]),
      dns("linker", "Web A", ["10.81.0.12"]),
      dns("asker", "database A", [], unknown),
    ],
  },
  {
    name: "a container on the default bridge that joins a network finds its names",
    moby: ["dns 1.13"],
    steps: [
      ...running("joiner"),
      { call: "POST /networks/app/connect", body: { Container: "joiner" }, gives: 200 },
      dns("joiner", "db A", ["10.81.0.12"]),
      cat("joiner", "resolv.conf", "nameserver 127.0.0.11"),
    ],
  },
];

const who = (server: string, from = ""): string[] => [`198.51.100.${server}`, ...(from ? [from] : [])];
const forwarding: Case[] = [
  {
    name: "other names are asked of the host's server, from the host",
    moby: ["dns 3.1", "dns 3.7"],
    steps: [dns("asker", "who.example A", who("2", "192.0.2.1"))],
  },
  {
    name: "servers of the container are asked instead, from the container",
    moby: ["dns 3.3", "dns 3.8"],
    steps: [
      ...running("served", { HostConfig: { NetworkMode: "app", Dns: ["192.0.2.3"] } }),
      dns("served", "who.example A", who("3", "192.0.2.1")),
    ],
  },
  {
    name: "containers on internal networks only are answered nothing from outside",
    moby: ["dns 3.2"],
    steps: [dns("inner", "who.example A", [], { status: "SERVFAIL" })],
    differs: ["internal-dns"],
  },
  {
    name: "NXDOMAIN is passed on, the next server is not asked",
    moby: ["dns 3.10"],
    steps: [
      ...running("served", { HostConfig: { NetworkMode: "app", Dns: ["192.0.2.3", "192.0.2.2"] } }),
      dns("served", "nowhere.example A", [], unknown),
    ],
  },
  {
    name: "the next server is asked where one does not answer",
    moby: ["dns 3.9"],
    steps: [
      ...running("served", { HostConfig: { NetworkMode: "app", Dns: ["192.0.2.4", "192.0.2.3"] } }),
      { in: "served", dig: "+time=9 who.example A", answers: who("3", "192.0.2.1") },
    ],
  },
  {
    name: "no server that answers is SERVFAIL",
    moby: ["dns 3.9"],
    alone: "20.10 is silent for ten seconds, where Docker has answered SERVFAIL since 23",
    steps: [
      ...running("served", { HostConfig: { NetworkMode: "app", Dns: ["192.0.2.4"] } }),
      { in: "served", dig: "+time=9 who.example A", answers: [], status: "SERVFAIL" },
    ],
  },
  {
    name: "127.0.0.11 is not asked, should it be among the servers",
    moby: ["dns 3.12"],
    differs: ["dns-self"],
    steps: [
      ...running("served", { HostConfig: { NetworkMode: "app", Dns: ["127.0.0.11", "192.0.2.3"] } }),
      dns("served", "who.example A", who("3", "192.0.2.1")),
    ],
  },
  {
    name: "names of several labels that nobody here has are asked outside",
    moby: ["dns 3.14"],
    steps: [dns("asker", "turn-60.example A", ["198.51.100.1"])],
  },
  {
    name: "a name of one label that nobody here has is asked outside",
    moby: ["dns 3.15"],
    steps: [dns("asker", "nosuchname A", [], unknown)],
  },
  {
    name: "a known name is answered here, whatever ndots",
    moby: ["dns 2.16"],
    steps: [
      ...running("dotty", { HostConfig: { NetworkMode: "app", DnsOptions: ["ndots:5"] } }),
      dns("dotty", "db A", ["10.81.0.12"]),
    ],
  },
  {
    name: "an answer that is too large for UDP is had over TCP",
    steps: [dns("asker", "+ignore +noedns big.example A", []), { in: "asker", run: "true" }],
  },
  {
    name: "a network one is not on is no domain here",
    moby: ["dns 2.30"],
    steps: [dns("asker", "remote.far A", [], unknown)],
  },
  {
    name: "a process may bind port 53",
    steps: [
      { in: "asker", run: ["sh", "-c", "timeout 1 nc -l -p 53; [ $? -ge 124 ]"] },
      dns("asker", "db A", ["10.81.0.12"]),
    ],
  },
];

const resolvConf: Case[] = [
  {
    name: "the server is 127.0.0.11",
    moby: ["dns 1.1"],
    steps: [cat("asker", "resolv.conf", "nameserver 127.0.0.11", "!nameserver 192.0.2.2")],
  },
  {
    name: "the search list is the host's",
    moby: ["dns 1.8"],
    steps: [cat("asker", "resolv.conf", "search example.test")],
  },
  {
    name: "ndots is 0 where nobody said otherwise",
    moby: ["dns 1.5"],
    steps: [cat("asker", "resolv.conf", "options ndots:0")],
  },
  {
    name: "options are those of the container, word for word",
    moby: ["dns 1.2", "dns 1.11"],
    steps: [
      ...running("tuned", { HostConfig: { NetworkMode: "app", DnsOptions: ["ndots:3", "timeout:1", "use-vc"] } }),
      cat("tuned", "resolv.conf", "options ndots:3 timeout:1 use-vc"),
    ],
  },
  {
    name: "the search list is that of the container",
    moby: ["dns 1.6"],
    steps: [
      ...running("tuned", { HostConfig: { NetworkMode: "app", DnsSearch: ["a.test", "b.test"] } }),
      cat("tuned", "resolv.conf", "search a.test b.test", "!example.test"),
    ],
  },
  {
    name: "a dot is no search list at all",
    moby: ["dns 1.9", "dns 1.10"],
    steps: [
      ...running("tuned", { HostConfig: { NetworkMode: "app", DnsSearch: ["."] } }),
      cat("tuned", "resolv.conf", "nameserver 127.0.0.11", "!\nsearch"),
    ],
  },
  {
    name: "what a process wrote into resolv.conf stays",
    moby: ["dns 1.12"],
    steps: [
      ...running("writer", { HostConfig: { NetworkMode: "app" } }),
      { in: "writer", run: ["sh", "-c", "echo nameserver 192.0.2.99 > /etc/resolv.conf"] },
      { call: "POST /networks/far/connect", body: { Container: "writer" }, gives: 200 },
      cat("writer", "resolv.conf", "nameserver 192.0.2.99", "!127.0.0.11"),
    ],
  },
  {
    name: "the default bridge has the resolver, too",
    differs: ["bridge-dns"],
    steps: [cat("plain", "resolv.conf", "nameserver 127.0.0.11")],
  },
  {
    name: "servers of the container do not show in resolv.conf of a network's container",
    steps: [
      ...running("served", { HostConfig: { NetworkMode: "app", Dns: ["192.0.2.53"] } }),
      cat("served", "resolv.conf", "nameserver 127.0.0.11", "!nameserver 192.0.2.53"),
    ],
  },
];

const hosts: Case[] = [
  {
    name: "hosts has localhost and the IPv6 names of old",
    steps: [
      cat(
        "asker",
        "hosts",
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "fe00::...\tip6-localnet",
        "ff02::1\tip6-allnodes",
        "ff02::2\tip6-allrouters",
      ),
    ],
  },
  {
    name: "hosts has each of the container's addresses under its name",
    moby: ["common 4.1"],
    steps: [cat("asker", "hosts", "10.81.0.10\t{asker:12}"), cat("six", "hosts", "10.82.0.11\t{six:12}")],
  },
  {
    name: "a full name is followed by its first part",
    moby: ["common 4.2"],
    steps: [
      ...running("dotted", { Hostname: "box.example.test", ...at("app", "10.81.0.60") }),
      cat("dotted", "hosts", "10.81.0.60\tbox.example.test box"),
      ...running("domained", { Hostname: "box", Domainname: "example.test", ...at("app", "10.81.0.61") }),
      cat("domained", "hosts", "10.81.0.61\tbox.example.test box"),
    ],
  },
  {
    name: "hosts follows connect and disconnect",
    moby: ["common 4.3", "common 4.4"],
    differs: ["hosts-follow"],
    steps: [
      ...running("mover", at("app", "10.81.0.62")),
      {
        call: "POST /networks/far/connect",
        body: { Container: "mover", EndpointConfig: { IPAMConfig: { IPv4Address: "10.83.0.62" } } },
        gives: 200,
      },
      cat("mover", "hosts", "10.81.0.62\t{mover:12}", "10.83.0.62\t{mover:12}"),
      { call: "POST /networks/app/disconnect", body: { Container: "mover" }, gives: 200 },
      cat("mover", "hosts", "!10.81.0.62", "10.83.0.62\t{mover:12}"),
    ],
  },
  {
    name: "extra hosts are there, IPv6 too",
    steps: [
      ...running("extra", {
        HostConfig: { NetworkMode: "app", ExtraHosts: ["printer:192.0.2.9", "lamp:2001:db8::9"] },
      }),
      cat("extra", "hosts", "192.0.2.9\tprinter", "2001:db8::9\tlamp"),
    ],
  },
  {
    name: "host-gateway is the address of the default bridge, whatever the network",
    moby: ["common 4.6"],

    steps: [
      ...running("extra", { HostConfig: { NetworkMode: "app", ExtraHosts: ["docker:host-gateway"] } }),
      cat("extra", "hosts", "\tdocker"),
      { in: "extra", run: "ping -c 1 -W 2 docker" },
    ],
  },
  {
    name: "hostname is the short id where none is given",
    steps: [cat("asker", "hostname", "{asker:12}"), { in: "asker", run: "hostname", prints: "{asker:12}" }],
  },
  { name: "hostname is what was asked for", steps: [cat("Web", "hostname", "frontend")] },
  {
    name: "inspect says where the files are",
    steps: [
      {
        call: "GET /containers/asker/json",
        gives: 200,
        shows: { HostsPath: "/.../hosts", HostnamePath: "/.../hostname", ResolvConfPath: "/.../resolv.conf" },
      },
    ],
  },
  {
    name: "the default bridge has links' names in hosts",
    steps: [
      ...running("target"),
      ...running("linker", { HostConfig: { Links: ["target:aim"] } }),
      { in: "linker", run: "ping -c 1 -W 2 aim" },
      { in: "linker", run: "cat /etc/hosts", prints: "\taim {target:12} target" },
      {
        call: "GET /containers/linker/json",
        gives: 200,
        shows: {
          HostConfig: { Links: ["/target:/linker/aim"] },
          NetworkSettings: { Networks: { bridge: { Links: null } } },
        },
      },
      {
        call: 'GET /containers/json?filters={"name":["target"]}',
        gives: 200,
        shows: [{ Names: ["/linker/aim", "/target"] }],
      },
      { call: "POST /containers/{target}/rename?name=moved", gives: 204 },
      { in: "linker", run: "ping -c 1 -W 2 aim" },
      { call: "POST /containers/{linker}/restart", gives: 204 },
      { in: "linker", run: "ping -c 1 -W 2 aim" },
    ],
  },
  {
    name: "a container that leaves the default bridge and comes back has its legacy links again",
    steps: [
      ...running("target"),
      ...running("linker", { HostConfig: { Links: ["target:aim"] } }),
      { call: "POST /networks/bridge/disconnect", body: { Container: "linker" }, gives: 200 },
      { call: "GET /containers/linker/json", gives: 200, shows: { HostConfig: { Links: ["/target:/linker/aim"] } } },
      {
        call: 'GET /containers/json?filters={"name":["target"]}',
        gives: 200,
        shows: [{ Names: ["/linker/aim", "/target"] }],
      },
      { call: "POST /networks/bridge/connect", body: { Container: "linker" }, gives: 200 },
      { in: "linker", run: "ping -c 1 -W 2 aim" },
      { call: "POST /networks/bridge/disconnect", body: { Container: "linker" }, gives: 200 },
      { call: "POST /containers/{target}/rename?name=moved", gives: 204 },
      { call: "POST /containers/{linker}/stop?t=0", gives: 204 },
      { call: "POST /networks/bridge/connect", body: { Container: "linker" }, gives: 200 },
      { call: "POST /containers/{linker}/start", gives: 204 },
      { in: "linker", run: "ping -c 1 -W 2 aim" },
      { call: "GET /containers/linker/json", gives: 200, shows: { HostConfig: { Links: ["/moved:/linker/aim"] } } },
    ],
  },
  {
    name: "legacy links lead to containers of the default bridge only",
    differs: ["refusals"],
    steps: [
      ...running("away", at("app", "10.81.0.71")),
      created("linker", { HostConfig: { Links: ["away"] } }),
      {
        call: "POST /containers/{linker}/start",
        gives: "409 Cannot link to /away, as it does not belong to the default network",
      },
      ...running("hosted", { HostConfig: { NetworkMode: "host" } }),
      {
        call: "POST /containers/create",
        body: { Image: "conformance", HostConfig: { Links: ["hosted"] } },
        gives: "400 host type networking can't be used with links",
      },
    ],
  },
  {
    name: "a stopped container's files are made at its start",
    steps: [
      created("late", at("app", "10.81.0.63")),
      { call: "POST /containers/late/start", gives: 204 },
      cat("late", "hosts", "10.81.0.63\t{late:12}"),
    ],
  },
];

export const names: Area = {
  title: "names and files",
  servers: true,
  given,
  cases: [...answers, ...changes, ...forwarding, ...resolvConf, ...hosts],
};
