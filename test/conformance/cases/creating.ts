import { type Area, type Case, created, network, on, refused, running, type Step } from "../case.ts";

const create = "POST /containers/create?name=subject";
const base = { Image: "conformance", Cmd: ["sleep", "1000000"], StopSignal: "SIGKILL" };
const host = (config: object) => ({ ...base, HostConfig: config });
const wrong = (name: string, body: object, gives: string, more: Partial<Case> = {}) =>
  refused(name, create, { ...base, ...body }, gives, more);

const given: Step[] = [
  network("blue", 71),
  network("red", 72),
  network("dual", 73, { EnableIPv6: true }),
  ...running("web"),
];

const conflict = (name: string, body: object, says: string) => wrong(name, body, `400 conflicting options: ${says}`);
const joins = (more: object) => ({ HostConfig: { NetworkMode: "container:web", ...more } });

/** What a network mode does not go together with (runconfig). */
const conflicts: Case[] = [
  conflict(
    "links and the host's network do not go together",
    { HostConfig: { NetworkMode: "host", Links: ["web:w"] } },
    "host type networking can't be used with links",
  ),
  conflict(
    "links and another's sandbox do not go together",
    joins({ Links: ["web:w"] }),
    "container type network can't be used with links",
  ),
  conflict(
    "a hostname and another's sandbox do not go together",
    { Hostname: "h", ...joins({}) },
    "hostname and the network mode",
  ),
  conflict(
    "servers and another's sandbox do not go together",
    joins({ Dns: ["192.0.2.53"] }),
    "dns and the network mode",
  ),
  conflict(
    "extra hosts and another's sandbox do not go together",
    joins({ ExtraHosts: ["a:192.0.2.9"] }),
    "custom host-to-IP mapping and the network mode",
  ),
  conflict(
    "a MAC address and another's sandbox do not go together",
    { MacAddress: "02:00:00:00:00:09", ...joins({}) },
    "mac-address and the network mode",
  ),
  conflict(
    "published ports and another's sandbox do not go together",
    joins({ PortBindings: { "80/tcp": [{ HostPort: "8080" }] } }),
    "port publishing and the container type network mode",
  ),
  conflict(
    "publishing all ports and another's sandbox do not go together",
    joins({ PublishAllPorts: true }),
    "port publishing and the container type network mode",
  ),
  conflict(
    "exposed ports and another's sandbox do not go together",
    { ExposedPorts: { "80/tcp": {} }, ...joins({}) },
    "port exposing and the container type network mode",
  ),
  wrong("another's sandbox must be somebody's", { HostConfig: { NetworkMode: "container:" } }, "400 "),
  wrong("another's sandbox must exist", { HostConfig: { NetworkMode: "container:nosuch" } }, "4", {
    steps: [
      {
        call: create,
        body: { ...base, HostConfig: { NetworkMode: "container:nosuch" } },
        gives: "400 No such container: nosuch",
      },
    ],
    differs: ["joined-later"],
  }),
];

const modes: Case[] = [
  {
    name: "no mode is the default bridge, and inspect says so",
    steps: [
      created("subject"),
      {
        call: "GET /containers/subject/json",
        gives: 200,
        shows: { NetworkSettings: { Networks: { bridge: { NetworkID: "..." } } } },
      },
    ],
  },
  {
    name: "mode default is the default bridge",
    steps: [
      ...running("subject", { HostConfig: { NetworkMode: "default" } }),
      { in: "subject", run: "ip -4 -o address show dev eth0", prints: "inet 172.17.0." },
    ],
  },
  {
    name: "mode none has a loopback and nothing else",
    steps: [
      ...running("subject", { HostConfig: { NetworkMode: "none" } }),
      { in: "subject", run: "ip -o link", prints: ["lo:", "!eth0"] },
      {
        call: "GET /containers/subject/json",
        gives: 200,
        shows: {
          HostConfig: { NetworkMode: "none" },
          NetworkSettings: { Networks: { none: { IPAddress: "" } }, Ports: {} },
        },
      },
    ],
  },
  {
    name: "mode host sees the host's interfaces, under the host's name",
    steps: [
      ...running("subject", { HostConfig: { NetworkMode: "host" } }),
      { in: "subject", run: "ip -o link", prints: "uplink" },
      {
        call: "GET /containers/subject/json",
        gives: 200,
        shows: { HostConfig: { NetworkMode: "host" }, NetworkSettings: { Networks: { host: { IPAddress: "" } } } },
      },
    ],
  },
  {
    name: "ports published in mode host are discarded, with a warning",
    steps: [
      {
        ...created("subject", {
          HostConfig: { NetworkMode: "host", PortBindings: { "80/tcp": [{ HostPort: "8080" }] } },
        }),
        shows: { Warnings: ["Published ports are discarded when using host network mode"] },
      },
    ],
  },
  {
    name: "mode container shares the interfaces, name and files of another",
    steps: [
      ...running("subject", { HostConfig: { NetworkMode: "container:web" } }),
      { in: "subject", run: "cat /etc/hostname", prints: "{web:12}" },
      { in: "subject", run: "cat /etc/hosts", prints: "{web:12}" },
      {
        call: "GET /containers/subject/json",
        gives: 200,
        shows: { HostConfig: { NetworkMode: "container:{web}" }, NetworkSettings: { Networks: {} } },
      },
    ],
  },
  {
    name: "mode container of one that does not run fails at the start",
    steps: [
      created("other"),
      created("subject", { HostConfig: { NetworkMode: "container:other" } }),
      { call: "POST /containers/subject/start", gives: "409 running" },
    ],
  },
  {
    name: "a network is named by its id, too",
    steps: [
      ...running("subject", { HostConfig: { NetworkMode: "{blue}" } }),
      { in: "subject", run: "ip -4 -o address", prints: "10.71.0." },
      {
        call: "GET /containers/subject/json",
        gives: 200,
        shows: { NetworkSettings: { Networks: { blue: { NetworkID: "{blue}" } } } },
      },
    ],
  },
  {
    name: "a network that does not exist is refused, and there is no container",
    differs: ["network-later"],
    steps: [
      { ...created("subject", { HostConfig: { NetworkMode: "nosuch" } }), gives: "400 network nosuch not found" },
      { call: "GET /containers/subject/json", gives: 404 },
    ],
  },
  {
    name: "NetworkDisabled leaves a loopback and nothing else",
    steps: [
      ...running("subject", { NetworkDisabled: true }),
      { in: "subject", run: "ip -o link", prints: ["lo:", "!eth0"] },
      { call: "GET /containers/subject/json", gives: 200, shows: { Config: { NetworkDisabled: true } } },
    ],
  },
];

const endpoints: Case[] = [
  {
    name: "several networks at create, since API 1.44, in the order of names",
    newer: true,
    steps: [
      ...running("subject", on({ blue: { IPAMConfig: { IPv4Address: "10.71.0.40" } }, red: { Aliases: ["r"] } })),
      { in: "subject", run: "ip -4 -o address", prints: ["10.71.0.40/24", "10.72.0."] },
      {
        call: "GET /containers/subject/json",
        gives: 200,
        shows: { NetworkSettings: { Networks: { blue: { IPAddress: "10.71.0.40" }, red: { Aliases: ["r"] } } } },
      },
    ],
  },
  {
    name: "several networks at create are refused below API 1.44",
    moby: ["common 1.19"],
    steps: [
      {
        call: "POST /v1.41/containers/create?name=subject",
        body: { ...base, ...on({ blue: {}, red: {} }) },
        gives: "400 Container cannot be ",
      },
      { call: "GET /containers/subject/json", gives: 404 },
    ],
  },
  {
    name: "NetworkingConfig for the mode's network is its endpoint",
    steps: [
      ...running("subject", on({ blue: { IPAMConfig: { IPv4Address: "10.71.0.41" }, Aliases: ["a"] } })),
      { in: "subject", run: "ip -4 -o address", prints: ["10.71.0.41/24", "!172.17."] },
    ],
  },
  {
    name: "NetworkingConfig without a mode is that network alone, since Docker 26",
    newer: true,
    steps: [
      ...running("subject", { NetworkingConfig: { EndpointsConfig: { blue: {} } } }),
      { in: "subject", run: "ip -4 -o address", prints: "10.71.0." },
    ],
  },
  wrong(
    "an address outside of every subnet is refused at create",
    on({ blue: { IPAMConfig: { IPv4Address: "10.99.0.1" } } }),
    "400 no configured subnet or ip-range contain the IP address 10.99.0.1",
    { moby: ["common 1.16"], differs: ["checked-later"] },
  ),
  wrong(
    "an address on the default bridge is refused at create",
    on({ bridge: { IPAMConfig: { IPv4Address: "172.17.0.9" } } }),
    "400 invalid config for network bridge: invalid endpoint settings:\nuser specified IP address is supported on user defined networks only",
    { moby: ["common 1.17"], differs: ["checked-later"] },
  ),
  wrong(
    "an alias on the default bridge is refused at create",
    on({ bridge: { Aliases: ["x"] } }),
    "400 invalid config for network bridge: invalid endpoint settings:\nnetwork-scoped aliases are only supported for user-defined networks",
    { differs: ["checked-later"] },
  ),
  wrong(
    "what is no address is refused at create",
    on({ blue: { IPAMConfig: { IPv4Address: "ten" } } }),
    "400 invalid IPv4 address: ten",
  ),
  wrong(
    "what is no IPv6 address is refused at create",
    on({ blue: { IPAMConfig: { IPv6Address: "ten" } } }),
    "400 invalid IPv6 address: ten",
  ),
  wrong("a MAC address that is none is refused at create", { MacAddress: "nonsense" }, "400 nonsense", {
    differs: ["macs-checked"],
  }),
  wrong(
    "two MAC addresses for one endpoint are refused",
    { MacAddress: "02:00:00:00:00:01", ...on({ blue: { MacAddress: "02:00:00:00:00:02" } }) },
    "400 the container-wide MAC address must match the endpoint-specific MAC address for the main network",
    { newer: true },
  ),
  {
    name: "two containers may be made for one address, and one of them runs with it",
    steps: [
      ...running("first", on({ blue: { IPAMConfig: { IPv4Address: "10.71.0.42" } } })),
      created("subject", on({ blue: { IPAMConfig: { IPv4Address: "10.71.0.42" } } })),
      { call: "POST /containers/subject/start", gives: "403 Address already in use" },
      { call: "DELETE /containers/first?force=1", gives: 204 },
      { call: "POST /containers/subject/start", gives: 204 },
    ],
  },
];

const binding = (port: string, ...bindings: object[]) => host({ PortBindings: { [port]: bindings } });
const badPort = (name: string, body: object, gives: string, more: Partial<Case> = {}) =>
  refused(name, create, body, gives, more);
const ports: Case[] = [
  badPort("a port that is no number is refused", binding("web", { HostPort: "80" }), "400 web"),
  badPort("a port above 65535 is refused", binding("70000/tcp", { HostPort: "80" }), "400 70000"),
  badPort("an unknown protocol is refused", binding("80/icmp", { HostPort: "80" }), "400 80/icmp", {
    differs: ["ports-checked"],
  }),
  badPort("a host port that is no number is refused", binding("80/tcp", { HostPort: "web" }), "400 web"),
  badPort(
    "a range of host ports that runs backwards is refused",
    binding("80/tcp", { HostPort: "9000-8000" }),
    "400 9000-8000",
  ),
  badPort("a host address that is none is refused", binding("80/tcp", { HostIp: "here", HostPort: "80" }), "400 here", {
    differs: ["ports-checked"],
  }),
  badPort("an exposed port that is no number is refused", { ...base, ExposedPorts: { web: {} } }, "400 web", {
    differs: ["ports-checked"],
  }),
  {
    name: "a port without a protocol is tcp",
    differs: ["ports-named"],
    steps: [
      created("subject", {
        ExposedPorts: { "80": {} },
      }),
      {
        call: "GET /containers/subject/json",
        gives: 200,
        shows: { Config: { ExposedPorts: { "80/tcp": {} } } },
      },
    ],
  },
  {
    name: "a port that is published but not exposed is published",
    differs: ["ports-exposed"],
    steps: [
      ...running("subject", {
        ExposedPorts: {},
        HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "18081" }] } },
      }),
      {
        call: "GET /containers/subject/json",
        gives: 200,
        shows: { NetworkSettings: { Ports: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "18081" }] } } },
      },
    ],
  },
  {
    name: "an exposed port is shown, and a null where it would be published",
    steps: [
      ...running("subject", { ExposedPorts: { "81/udp": {} } }),
      { call: "GET /containers/subject/json", gives: 200, shows: { NetworkSettings: { Ports: { "81/udp": null } } } },
      {
        call: 'GET /v1.41/containers/json?filters={"name":["subject"]}',
        gives: 200,
        shows: [{ Ports: [{ PrivatePort: 81, Type: "udp" }] }],
      },
    ],
  },
  {
    name: "published ports are shown in NetworkSettings.Ports and in the list",
    steps: [
      ...running("subject", {
        HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "18080" }] } },
      }),
      {
        call: "GET /containers/subject/json",
        gives: 200,
        shows: {
          HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "18080" }] } },
          NetworkSettings: { Ports: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "18080" }] } },
        },
      },
      {
        call: 'GET /v1.41/containers/json?filters={"name":["subject"]}',
        gives: 200,
        shows: [
          {
            Ports: [{ IP: "127.0.0.1", PrivatePort: 80, PublicPort: 18080, Type: "tcp" }],
          },
        ],
      },
    ],
  },
  {
    name: "a port without a host port is given one",
    moby: ["bridge 3.2.1"],
    steps: [
      ...running("subject", { HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "" }] } } }),
      {
        call: "GET /containers/subject/json",
        gives: 200,
        shows: { NetworkSettings: { Ports: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "..." }] } } },
      },
    ],
  },
  {
    name: "an empty list of bindings publishes an exposed port",
    differs: ["ports-empty-list"],
    steps: [
      ...running("subject", { ExposedPorts: { "80/tcp": {} }, HostConfig: { PortBindings: { "80/tcp": [] } } }),
      {
        call: "GET /containers/subject/json",
        gives: 200,
        shows: { NetworkSettings: { Ports: { "80/tcp": { 0: { HostIp: "0.0.0.0", HostPort: "..." } } } } },
      },
    ],
  },
  {
    name: "PublishAllPorts publishes what is exposed",
    steps: [
      ...running("subject", {
        ExposedPorts: { "80/tcp": {} },
        HostConfig: { PublishAllPorts: true, NetworkMode: "blue" },
      }),
      {
        call: "GET /v1.41/containers/subject/json",
        gives: 200,
        shows: { NetworkSettings: { Ports: { "80/tcp": "..." } } },
      },
    ],
  },
  {
    name: "a container port takes the first free one of a range",
    steps: [
      ...running("first", {
        HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "18100-18101" }] } },
      }),
      ...running("second", {
        HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "18100-18101" }] } },
      }),
      {
        call: "GET /containers/first/json",
        gives: 200,
        shows: { NetworkSettings: { Ports: { "80/tcp": [{ HostPort: "18100" }] } } },
      },
      {
        call: "GET /containers/second/json",
        gives: 200,
        shows: { NetworkSettings: { Ports: { "80/tcp": [{ HostPort: "18101" }] } } },
      },
    ],
  },
  {
    name: "a port that is taken fails the start, and the container stays created",
    steps: [
      ...running("first", { HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "18110" }] } } }),
      created("second", { HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "18110" }] } } }),
      { call: "POST /containers/second/start", gives: "500 18110 failed: port is already allocated" },
      { call: "GET /containers/second/json", gives: 200, shows: { State: { Running: false, Status: "created" } } },
    ],
  },
  {
    name: "a port is free again after the container's end",
    steps: [
      ...running("first", { HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "18111" }] } } }),
      { call: "DELETE /containers/first?force=1", gives: 204 },
      ...running("second", { HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "18111" }] } } }),
    ],
  },
  {
    name: "one number may be published for tcp and udp",
    steps: [
      ...running("subject", {
        HostConfig: { PortBindings: { "53/tcp": [{ HostPort: "18153" }], "53/udp": [{ HostPort: "18153" }] } },
      }),
      {
        call: "GET /containers/subject/json",
        gives: 200,
        shows: { NetworkSettings: { Ports: { "53/tcp": "...", "53/udp": "..." } } },
      },
    ],
  },
  {
    name: "on a dual network a port is published in both families, under one number",
    steps: [
      ...running("subject", {
        HostConfig: { NetworkMode: "dual", PortBindings: { "80/tcp": [{ HostPort: "18120" }] } },
      }),
      {
        call: "GET /containers/subject/json",
        gives: 200,
        shows: {
          NetworkSettings: {
            Ports: {
              "80/tcp": [
                { HostIp: "0.0.0.0", HostPort: "18120" },
                { HostIp: "::", HostPort: "18120" },
              ],
            },
          },
        },
      },
    ],
  },
  {
    name: "an IPv6 address of the host publishes in IPv6 alone",

    steps: [
      ...running("subject", {
        HostConfig: { NetworkMode: "dual", PortBindings: { "80/tcp": [{ HostIp: "::1", HostPort: "18121" }] } },
      }),
      {
        call: "GET /containers/subject/json",
        gives: 200,
        shows: { NetworkSettings: { Ports: { "80/tcp": [{ HostIp: "::1", HostPort: "18121" }] } } },
      },
    ],
  },
  {
    name: "a stopped container shows no published ports",
    steps: [
      created("subject", { HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "18122" }] } } }),
      { call: "GET /containers/subject/json", gives: 200, shows: { NetworkSettings: { Ports: {} } } },
    ],
  },
];

const names: Case[] = [
  wrong(
    "an extra host without an address is refused",
    { HostConfig: { ExtraHosts: ["a"] } },
    '400 bad format for add-host: "a"',
  ),
  wrong(
    "an extra host with a wrong address is refused",
    { HostConfig: { ExtraHosts: ["a:nowhere"] } },
    '400 invalid IP address in add-host: "nowhere"',
  ),
  wrong("a server that is no address is refused", { HostConfig: { Dns: ["nowhere"] } }, "400 nowhere", {
    differs: ["checked-later"],
  }),
  wrong("a link to nobody is refused", { HostConfig: { Links: ["nosuch:x"] } }, "400 No such container: nosuch"),
  wrong("a name outside of [a-zA-Z0-9][a-zA-Z0-9_.-] is refused", {}, "4", {
    steps: [
      {
        call: "POST /containers/create?name=a/b",
        body: base,
        gives: "400 Invalid container name...(a/b), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
      },
    ],
  }),
  {
    name: "a name that another container has is refused",
    steps: [
      {
        ...created("web"),
        as: "twin",
        gives: '409 Conflict. The container name "/web" is already in use by container "',
      },
    ],
  },
  refused("an image that is not there is not found", create, { ...base, Image: "nosuch" }, "404 No such image: nosuch"),
  refused("an image must be named", create, {}, "400 ", {}),
  refused("a command must be there", create, { Image: "conformance" }, "400 o command specified"),
  {
    name: "a container without a name gets one",
    steps: [
      {
        call: "POST /containers/create",
        body: base,
        as: "subject",
        gives: 201,
        shows: { Id: "{subject}", Warnings: [] },
      },
      { call: "GET /containers/{subject:12}/json", gives: 200, shows: { Name: "/..._..." } },
    ],
  },
  wrong("a sysctl of the host's is refused at the start", {}, "", {
    differs: ["refusals"],
    steps: [
      created("subject", { HostConfig: { Sysctls: { "kernel.nosuch": "1" } } }),
      {
        call: "POST /containers/subject/start",
        gives: '400 sysctl "kernel.nosuch" is not in a separate kernel namespace',
      },
    ],
  }),
  wrong(
    "a network's sysctl is refused on the host's network",
    { HostConfig: { NetworkMode: "host", Sysctls: { "net.ipv4.ip_forward": "1" } } },
    "400 net.ipv4.ip_forward",
    { differs: ["checked-later"] },
  ),
];

export const creating: Area = {
  title: "containers' networking at create",
  given,
  cases: [...conflicts, ...modes, ...endpoints, ...ports, ...names],
};
