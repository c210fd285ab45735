import { type Area, any, type Case, network, refused } from "../case.ts";
import { ipam } from "./ipam.ts";

const create = "POST /networks/create";
const named = (name: string) => `GET /networks?filters={"name":["${name}"]}`;

const making: Case[] = [
  {
    name: "a network is made with 201, an id and no warning",
    steps: [
      { call: create, body: { Name: "plain" }, as: "plain", gives: 201, shows: { Id: "{plain}", Warning: "" } },
      {
        call: "GET /networks/plain",
        gives: 200,
        shows: {
          ...{ Name: "plain", Id: "{plain}", Driver: "bridge", Scope: "local", Internal: false, Attachable: false },
          ...{ Ingress: false, ConfigOnly: false, ConfigFrom: { Network: "" }, EnableIPv6: false, Created: "{time}" },
          ...{ Containers: {}, Options: {}, Labels: {} },
          IPAM: { Driver: "default", Config: [{ Subnet: any, Gateway: any }] },
        },
      },
    ],
  },
  {
    name: "inspect shows what was asked for, as Docker shows it",
    steps: [
      network("asked", 11, {
        IPAM: {
          Driver: "default",
          Options: { some: "thing" },
          Config: [
            {
              Subnet: "10.11.0.0/16",
              IPRange: "10.11.8.0/24",
              Gateway: "10.11.8.254",
              AuxiliaryAddresses: { printer: "10.11.8.9" },
            },
          ],
        },
        ...{ Internal: true, Attachable: true, Labels: { a: "1", b: "" } },
        Options: { "com.docker.network.driver.mtu": "1400", "com.docker.network.bridge.name": "asked0" },
      }),
      { call: "GET /v1.41/networks/{asked}", gives: 200, alike: "values" },
      { call: 'GET /v1.41/networks?filters={"id":["{asked}"]}', gives: 200, alike: "values" },
    ],
  },
  {
    name: "a network of two families shows both pools",
    steps: [
      network("both", 12, { EnableIPv6: true }),
      {
        call: "GET /v1.41/networks/both",
        gives: 200,
        shows: { EnableIPv6: true, IPAM: { Config: [{ Subnet: "10.12.0.0/24" }, { Subnet: "fd00:12::/64" }] } },
      },
    ],
  },
  {
    name: "addresses of IPv6 are shown in their canonical form",
    differs: ["canonical"],
    steps: [
      {
        call: create,
        body: {
          ...{ Name: "long", EnableIPv6: true },
          IPAM: {
            Config: [{ Subnet: "FD00:9:0::/64", Gateway: "FD00:9:0::0:A", AuxiliaryAddresses: { a: "FD00:9::0:b" } }],
          },
        },
        ...{ as: "long", gives: 201 },
      },
      {
        call: "GET /networks/long",
        gives: 200,
        shows: {
          IPAM: {
            Config: [any, { Subnet: "fd00:9::/64", Gateway: "fd00:9::a", AuxiliaryAddresses: { a: "fd00:9::b" } }],
          },
        },
      },
    ],
  },
  {
    name: "the gateway is the first address of the subnet unless one is given",
    differs: ["gateway-shown"],
    steps: [
      network("first", 13),
      {
        call: "GET /networks/first",
        gives: 200,
        shows: { IPAM: { Config: [{ Subnet: "10.13.0.0/24", Gateway: "10.13.0.1" }] } },
      },
    ],
  },
  {
    name: "the gateway is the first address of the range when there is one",
    differs: ["gateway-shown"],
    steps: [
      network("ranged", 14, { IPAM: { Config: [{ Subnet: "10.14.0.0/16", IPRange: "10.14.5.0/24" }] } }),
      {
        call: "GET /networks/ranged",
        gives: 200,
        shows: { IPAM: { Config: [{ IPRange: "10.14.5.0/24", Gateway: "10.14.5.0" }] } },
      },
    ],
  },
  {
    name: "an IPv6 network without a subnet gets one of the daemon's own /48",
    differs: ["ipv6-pools"],
    steps: [
      { call: create, body: { Name: "six", EnableIPv6: true }, as: "six", gives: 201 },
      {
        call: "GET /networks/six",
        gives: 200,
        shows: { IPAM: { Config: [{ Subnet: any }, { Subnet: "fd...::/64", Gateway: "fd...::1" }] } },
      },
    ],
  },
  {
    name: "IPv4 can be off (EnableIPv4, API 1.48)",
    newer: true,
    steps: [
      {
        call: "POST /v1.48/networks/create",
        body: { Name: "only6", EnableIPv4: false, EnableIPv6: true, IPAM: { Config: [{ Subnet: "fd00:15::/64" }] } },
        ...{ as: "only6", gives: 201 },
      },
      {
        call: "GET /v1.48/networks/only6",
        gives: 200,
        shows: { EnableIPv4: false, EnableIPv6: true, IPAM: { Config: [{ Subnet: "fd00:15::/64" }] } },
      },
    ],
  },
  {
    name: "EnableIPv4 is ignored below API 1.48",
    newer: true,
    steps: [
      {
        call: "POST /v1.47/networks/create",
        body: { Name: "still4", EnableIPv4: false, IPAM: { Config: [{ Subnet: "10.15.0.0/24" }] } },
        ...{ as: "still4", gives: 201 },
      },
      { call: "GET /v1.48/networks/still4", gives: 200, shows: { EnableIPv4: true } },
    ],
  },
  refused(
    "neither family cannot be",
    "POST /v1.48/networks/create",
    { Name: "neither", EnableIPv4: false },
    "400 IPv4 ... IPv6",
    { newer: true },
  ),
  {
    name: "unknown options and labels are kept as they are",
    steps: [
      network("odd", 16, { Options: { "org.example.unknown": "x" }, Labels: { "org.example/l": "é" } }),
      {
        call: "GET /networks/odd",
        gives: 200,
        shows: { Options: { "org.example.unknown": "x" }, Labels: { "org.example/l": "é" } },
      },
    ],
  },
  {
    name: "driver bridge, scope local and ipam driver default are what is left out",
    steps: [
      {
        call: create,
        body: { Name: "said", Driver: "bridge", Scope: "local", IPAM: { Driver: "default" } },
        gives: 201,
      },
      {
        call: "GET /networks/said",
        gives: 200,
        shows: { Driver: "bridge", Scope: "local", IPAM: { Driver: "default" } },
      },
    ],
  },
  {
    name: "nulls in the body mean what absent fields mean",
    steps: [
      {
        call: create,
        body: { Name: "nulls", Driver: "", IPAM: null, Options: null, Labels: null, ConfigFrom: null },
        ...{ as: "nulls", gives: 201 },
      },
      { call: "GET /networks/nulls", gives: 200, shows: { Driver: "bridge", Options: {}, Labels: {} } },
    ],
  },
  {
    name: "fields that nobody knows are passed over",
    steps: [{ call: create, body: { Name: "surplus", Nonsense: { a: 1 }, CheckDuplicate: true }, gives: 201 }],
  },
];

const reserved = (name: string, more: Partial<Case> = {}) =>
  ({
    ...refused("", create, { Name: name }, `403 operation is not permitted on predefined ${name} network`),
    name: `the name ${name} is refused with 403`,
    moby: ["common 1.3"],
    ...more,
  }) satisfies Case;

const names: Case[] = [
  {
    name: "a name that another network has is refused, and one network has it",
    moby: ["common 1.1"],
    steps: [
      network("twin", 17),
      {
        call: create,
        body: { Name: "twin", CheckDuplicate: true },
        gives: "409 network with name twin already exists",
      },
      { call: named("twin"), gives: 200, lists: ["twin"] },
    ],
  },
  {
    name: "a name twice is refused without CheckDuplicate too",
    moby: ["common 1.1"],
    differs: ["duplicates"],
    steps: [
      network("again", 18),
      { call: create, body: { Name: "again" }, gives: "409 network with name again already exists" },
      { call: named("again"), gives: 200, lists: ["again"] },
    ],
  },
  reserved("bridge"),
  reserved("host"),
  reserved("none"),
  reserved("default"),
  reserved("container", { differs: ["container-names"] }),
  {
    ...reserved("container:web", { differs: ["container-names"] }),
    steps: [
      {
        call: create,
        body: { Name: "container:web" },
        gives: "403 operation is not permitted on predefined container:web",
      },
      { call: named("container:web"), gives: 200, lists: [] },
    ],
  },
  refused("a name is needed", create, {}, "400 name", { differs: ["refusals"] }),
  refused("a name of blanks is none", create, { Name: "  " }, "400 name", { differs: ["refusals"] }),
  refused("a name with a blank is refused", create, { Name: "a b" }, '400 "a b"', { differs: ["names-checked"] }),
  refused("a name with a slash is refused", create, { Name: "a/b" }, '400 "a/b"', { differs: ["names-checked"] }),
  refused("a name that begins with a dot is refused", create, { Name: ".a" }, '400 ".a"', {
    differs: ["names-checked"],
  }),
  {
    name: "capitals, digits, dots, dashes and underscores make a name",
    steps: [network("N-1_x.y", 19), { call: "GET /networks/N-1_x.y", gives: 200, shows: { Name: "N-1_x.y" } }],
  },
  {
    name: "an underscore and a dash may begin a name, as Compose's of such projects do",
    steps: [
      ...[network("_x_default", 19), { call: "GET /networks/_x_default", gives: 200, shows: { Name: "_x_default" } }],
      ...[network("-x_default", 20), { call: "GET /networks/-x_default", gives: 200, shows: { Name: "-x_default" } }],
    ],
  },
];

const drivers: Case[] = [
  refused("an unknown driver is not found", create, { Name: "bad", Driver: "nosuch" }, '404 plugin "nosuch" not found'),
  refused(
    "a second host network is refused",
    create,
    { Name: "bad", Driver: "host" },
    '403 only one instance of "host" network is allowed',
  ),
  refused(
    "a second null network is refused",
    create,
    { Name: "bad", Driver: "null" },
    '403 only one instance of "null" network is allowed',
  ),
  refused(
    "an unknown IPAM driver is not found",
    create,
    { Name: "bad", IPAM: { Driver: "nosuch" } },
    '404 plugin "nosuch" not found',
    { alone: "20.10 looks for a plugin for fifteen seconds" },
  ),
  refused(
    "a swarm's scope is refused outside of one",
    create,
    { Name: "bad", Scope: "swarm" },
    "403 cannot create a swarm scoped network when swarm is not active",
  ),
  refused("an ingress network is refused outside of a swarm", create, { Name: "bad", Ingress: true }, "403 ngress"),
];

const bridge = (option: string, value: string) => ({
  Name: "bad",
  Options: { [`com.docker.network.${option}`]: value },
});
const options: Case[] = [
  refused("an MTU that is no number is refused", create, bridge("driver.mtu", "much"), "400 much", {
    moby: ["bridge 2.1"],
    differs: ["refusals"],
  }),
  refused("a negative MTU is refused", create, bridge("driver.mtu", "-1"), "400 -1", {
    moby: ["bridge 2.1"],
    differs: ["refusals"],
  }),
  {
    name: "an MTU that the kernel refuses makes no network",
    moby: ["bridge 2.3"],
    differs: ["mtu-checked"],
    steps: [
      { call: create, body: { ...bridge("driver.mtu", "70000"), Name: "big" }, gives: "400 70000" },
      { call: named("big"), gives: 200, lists: [] },
    ],
  },
  {
    name: "an MTU of 0 is none",
    moby: ["bridge 2.7"],
    steps: [{ call: create, body: { ...bridge("driver.mtu", "0"), Name: "zero" }, gives: 201 }],
  },
  refused("enable_icc is true or false", create, bridge("bridge.enable_icc", "maybe"), "400 maybe", {
    differs: ["refusals"],
  }),
  refused(
    "enable_ip_masquerade is true or false",
    create,
    bridge("bridge.enable_ip_masquerade", "maybe"),
    "400 maybe",
    {
      differs: ["refusals"],
    },
  ),
  refused("enable_ipv6 as an option is true or false", create, bridge("enable_ipv6", "maybe"), "400 maybe", {
    differs: ["refusals"],
  }),
  refused("enable_ipv4 as an option is true or false", create, bridge("enable_ipv4", "maybe"), "400 maybe", {
    differs: ["enable-ipv4"],
  }),
  refused("host_binding_ipv4 is an address", create, bridge("bridge.host_binding_ipv4", "here"), "400 here", {
    differs: ["refusals"],
  }),
  refused(
    "a bridge's name fits an interface",
    create,
    bridge("bridge.name", "longer-than-fifteen"),
    "400 longer-than-fifteen",
    {
      differs: ["refusals"],
    },
  ),
  refused("a bridge's name of another interface is refused", create, bridge("bridge.name", "lo"), "403 lo", {
    differs: ["bridge-adopted"],
  }),
  {
    name: "a bridge has the name asked for",
    steps: [
      network("called", 20, { Options: { "com.docker.network.bridge.name": "called0" } }),
      { in: "host", run: "ip address show dev called0", prints: "10.20.0.1/24" },
    ],
  },
  {
    name: "a bridge is called br- and the beginning of its id",
    steps: [network("short", 21), { in: "host", run: "ip address show dev br-{short:12}", prints: "10.21.0.1/24" }],
  },
  {
    name: "the bridge of a removed network is gone",
    steps: [
      network("gone", 22),
      { call: "DELETE /networks/gone", gives: 204 },
      { in: "host", run: "ip link show dev br-{gone:12}", exits: 1, prints: "does not exist" },
    ],
  },
  ...["4", "6"].flatMap((family): Case[] => [
    {
      name: `an unknown gateway mode for IPv${family} is refused`,
      moby: ["bridge 3.4.8", "bridge 3.4.9"],
      differs: ["gateway-modes"],
      steps: [
        {
          call: create,
          body: { ...bridge(`bridge.gateway_mode_ipv${family}`, "nosuch"), Name: "modeless" },
          gives: '400 unknown gateway mode "nosuch"',
        },
        { call: named("modeless"), gives: 200, lists: [] },
      ],
    },
    {
      name: `gateway mode isolated for IPv${family} takes an internal network`,
      moby: ["bridge 3.4.5"],
      differs: ["gateway-modes"],
      steps: [
        {
          call: create,
          body: { ...bridge(`bridge.gateway_mode_ipv${family}`, "isolated"), Name: "modeless" },
          gives: "400 gateway mode 'isolated' can only be used for an internal network",
        },
        { call: named("modeless"), gives: 200, lists: [] },
      ],
    },
  ]),
];

const config = (more: object) => ({ Name: "user", ConfigFrom: { Network: "config" }, ...more });
const configs: Case[] = [
  {
    name: "a configuration-only network is made, shown, and builds nothing",
    moby: ["common 1.44"],
    steps: [
      network("config", 23, { ConfigOnly: true, Labels: { a: "b" } }),
      {
        call: "GET /v1.41/networks/config",
        gives: 200,
        shows: { ConfigOnly: true, Driver: "null", Labels: { a: "b" } },
      },
      { in: "host", run: "ip link show dev br-{config:12}", exits: 1 },
    ],
  },
  {
    name: "a network made from a configuration has its pools and options",
    moby: ["common 1.45"],
    steps: [
      network("config", 24, { ConfigOnly: true, Options: { "com.docker.network.driver.mtu": "1300" } }),
      { call: create, body: config({}), as: "user", gives: 201 },
      {
        call: "GET /networks/user",
        gives: 200,
        shows: {
          ...{ ConfigFrom: { Network: "config" }, ConfigOnly: false, Driver: "bridge" },
          ...{ IPAM: { Config: [{ Subnet: "10.24.0.0/24" }] }, Options: { "com.docker.network.driver.mtu": "1300" } },
        },
      },
    ],
  },
  {
    name: "a configuration that does not exist is not found, and nothing is made",
    moby: ["common 1.47", "common 1.48"],
    steps: [
      { call: create, body: config({}), gives: '404 configuration network "config" does not exist' },
      { call: named("user"), gives: 200, lists: [] },
    ],
  },
  refused(
    "a network that is no configuration is not one",
    create,
    { Name: "bad", ConfigFrom: { Network: "bridge" } },
    '404 configuration network "bridge" does not exist',
  ),
  ...[
    {
      what: "a pool of its own",
      body: { IPAM: { Config: [{ Subnet: "10.25.0.0/24" }] } },
      says: "user specified configurations are not supported if the network depends on a configuration network",
    },
    {
      what: "options of its own",
      body: { Options: { a: "b" } },
      says: "network driver options are not supported if the network depends on a configuration network",
    },
    {
      what: "being a configuration itself",
      body: { ConfigOnly: true },
      says: "a configuration network cannot depend on another configuration network",
    },
  ].map(
    ({ what, body, says }): Case => ({
      name: `a network from a configuration is refused ${what}`,
      steps: [
        network("config", 26, { ConfigOnly: true }),
        { call: create, body: config(body), gives: `403 ${says}` },
        { call: named("user"), gives: 200, lists: [] },
      ],
    }),
  ),
  {
    name: "a network from a configuration may have labels of its own",
    differs: ["config-labels"],
    steps: [
      network("config", 27, { ConfigOnly: true, Labels: { a: "1", b: "1" } }),
      { call: create, body: config({ Labels: { b: "2" } }), gives: 201 },
      { call: "GET /networks/user", gives: 200, shows: { Labels: { a: "1", b: "2" } } },
    ],
  },
  {
    name: "a configuration in use is not removed",
    moby: ["common 1.50"],
    steps: [
      network("config", 28, { ConfigOnly: true }),
      { call: create, body: config({}), as: "user", gives: 201 },
      {
        call: "DELETE /networks/config",
        gives: '403 error while removing network: configuration network "config" is in use',
      },
      { call: named("config"), gives: 200, lists: ["config"] },
      { call: "DELETE /networks/user", gives: 204 },
      { call: "DELETE /networks/config", gives: 204 },
    ],
  },
  {
    name: "a configuration's name is taken, too",
    moby: ["common 1.1"],
    steps: [
      network("config", 29, { ConfigOnly: true }),
      {
        call: create,
        body: { Name: "config", CheckDuplicate: true },
        gives: "409 network with name config already exists",
      },
    ],
  },
];

const body = (name: string, text: string, gives: string, more: Partial<Case> = {}): Case =>
  refused(name, create, text, gives, more);
const bodies: Case[] = [
  body("a number for a name is refused", '{"Name":5}', "400 Name"),
  body("a text for a boolean is refused", '{"Name":"bad","Internal":"yes"}', "400 Internal"),
  body("a list for a map is refused", '{"Name":"bad","Labels":["a"]}', "400 Labels"),
  body("a number for an option is refused", '{"Name":"bad","Options":{"a":1}}', "400 Options"),
  body("a list for the body is refused", "[1]", "400 "),
  body("a text for the body is refused", '"x"', "400 "),
  body("half a body is refused", '{"Name":', "400 "),
  body("an empty body is refused", "", "400 EOF"),
  body("something behind the body is refused", '{"Name":"bad"} {"Name":"worse"}', "400 ", { differs: ["trailing"] }),
  {
    name: "another content type is refused",
    differs: ["content-type-words"],
    steps: [
      {
        call: create,
        body: { Name: "bad" },
        headers: { "content-type": "text/plain" },
        gives: "400 unsupported Content-Type header (text/plain): must be 'application/json'",
      },
    ],
  },
  {
    name: "a content type may have a charset",
    steps: [
      {
        call: create,
        body: { Name: "charset" },
        headers: { "content-type": "application/json; charset=utf-8" },
        gives: 201,
      },
    ],
  },
];

export const networks: Area = {
  title: "networks",
  cases: [...making, ...names, ...drivers, ...options, ...configs, ...bodies, ...ipam],
};
