import { type Area, any, type Case, created, network, refused, running, type Step } from "../case.ts";

const get = (call: string, gives: number | string, more: object = {}): Step => ({ call, gives, ...more });
const one = (name: string, step: Step, more: Partial<Case> = {}): Case => ({ name, steps: [step], ...more });

const shown = (version: string, networks: object, settings: object = {}): Case => ({
  name: `a container's networking as API ${version} shows it`,
  ...(Number(version.split(".")[1]) > 41 ? { newer: true as const } : {}),
  steps: [
    {
      call: `GET /v${version}/containers/shown/json`,
      gives: 200,
      shows: { NetworkSettings: { Networks: { view: networks }, ...settings } },
    },
  ],
});
const old = {
  IPAMConfig: { IPv4Address: "10.91.0.9" },
  IPAddress: "10.91.0.9",
  IPPrefixLen: 24,
  Gateway: "10.91.0.1",
  NetworkID: "{view}",
  EndpointID: "{id}",
  MacAddress: "{mac}",
  GlobalIPv6Address: "",
  GlobalIPv6PrefixLen: 0,
  IPv6Gateway: "",
  Links: null,
  DriverOpts: null,
};
const flat = {
  Bridge: "",
  SandboxID: "{id}",
  SandboxKey: any,
  HairpinMode: false,
  LinkLocalIPv6Address: "",
  LinkLocalIPv6PrefixLen: 0,
  SecondaryIPAddresses: null,
  SecondaryIPv6Addresses: null,
  EndpointID: "",
  Gateway: "",
  GlobalIPv6Address: "",
  GlobalIPv6PrefixLen: 0,
  IPAddress: "",
  IPPrefixLen: 0,
  IPv6Gateway: "",
  MacAddress: "",
};
const shapes: Case[] = [
  shown("1.24", { ...old, Aliases: ["seen", "{shown:12}"], GwPriority: undefined, DNSNames: undefined }),
  shown("1.41", { ...old, Aliases: ["seen", "{shown:12}"], GwPriority: undefined, DNSNames: undefined }),
  shown("1.44", {
    ...old,
    Aliases: ["seen", "{shown:12}"],
    GwPriority: undefined,
    DNSNames: ["shown", "seen", "{shown:12}"],
  }),
  shown("1.47", { ...old, Aliases: ["seen"], GwPriority: undefined, DNSNames: ["shown", "seen", "{shown:12}"] }),
  shown("1.48", { ...old, Aliases: ["seen"], GwPriority: 0, DNSNames: ["shown", "seen", "{shown:12}"] }),
  shown("1.51", { ...old, Aliases: ["seen"], GwPriority: 0, DNSNames: ["shown", "seen", "{shown:12}"] }),
  {
    name: "the flat fields of old are those of the default bridge (gone in 1.52)",
    differs: ["sandbox-id"],
    steps: [
      get("GET /v1.41/containers/plain/json", 200, {
        shows: {
          NetworkSettings: {
            ...flat,
            EndpointID: "{id}",
            Gateway: "172.17.0.1",
            IPAddress: "172.17.0...",
            IPPrefixLen: 16,
            MacAddress: "{mac}",
            SandboxID: "{plain}",
          },
        },
      }),
      get("GET /v1.41/containers/shown/json", 200, { shows: { NetworkSettings: { ...flat, SandboxID: "{shown}" } } }),
    ],
  },
  one(
    "networking of a running container has Docker's fields and kinds",
    get("GET /v1.41/containers/shown/json", 200, { shows: { Config: any } }),
    {},
  ),
  one("a network has Docker's fields and kinds", get("GET /v1.41/networks/view", 200, { alike: "shape" }), {
    differs: ["gateway-shown"],
  }),
  {
    name: "a list of containers has Docker's fields and kinds",
    steps: [
      get('GET /v1.41/containers/json?filters={"name":["shown"]}', 200, {
        shows: [
          {
            Id: "{shown}",
            Names: ["/shown"],
            Image: "conformance",
            ImageID: any,
            Command: "sleep 1000000",
            Created: any,
            Ports: [],
            Labels: {},
            State: "running",
            Status: "Up ...",
            HostConfig: { NetworkMode: "view" },
            NetworkSettings: { Networks: { view: { IPAddress: "10.91.0.9" } } },
            Mounts: [],
          },
        ],
      }),
    ],
  },
  {
    name: "networks show no Status below 1.52",
    steps: [get("GET /networks/view", 200, { shows: { Status: undefined } })],
  },
  {
    name: "a container filter finds containers by network",
    steps: [
      get('GET /containers/json?filters={"network":["view"]}', 200, { lists: ["shown"] }),
      get('GET /containers/json?filters={"network":["{view}"]}', 200, { lists: ["shown"] }),
    ],
  },
  {
    name: "a container filter finds containers by published port",
    steps: [
      ...running("publisher", {
        HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "18200" }] } },
      }),
      get('GET /containers/json?filters={"publish":["18200"]}', 200, { lists: ["publisher"] }),
      get('GET /containers/json?filters={"expose":["80/tcp"]}', 200, { lists: ["publisher"] }),
      get('GET /containers/json?filters={"publish":["18201"]}', 200, { lists: [] }),
    ],
  },
];

const life: Case[] = [
  {
    name: "a container goes through created, running and exited",
    steps: [
      created("lived", { Cmd: ["sh", "-c", "echo out; echo err >&2; exit 3"] }),
      get("GET /containers/lived/json", 200, {
        shows: { State: { Status: "created", Running: false, Pid: 0, ExitCode: 0 } },
      }),
      { call: "POST /containers/lived/start", gives: 204, shows: "" },
      { call: "POST /containers/lived/wait", gives: 200, shows: { StatusCode: 3 } },
      get("GET /containers/lived/json", 200, {
        shows: { State: { Status: "exited", Running: false, Pid: 0, ExitCode: 3 } },
      }),
      get("GET /containers/lived/logs?stdout=1&stderr=1", "200 out"),
      get("GET /containers/lived/logs", "400 you must choose at least one stream"),
      { call: "DELETE /containers/lived", gives: 204 },
      get("GET /containers/lived/json", 404),
    ],
  },
  {
    name: "starting what runs and stopping what does not change nothing",
    steps: [
      ...running("steady"),
      { call: "POST /containers/steady/start", gives: 304 },
      { call: "POST /containers/steady/stop?t=0", gives: 204 },
      { call: "POST /containers/steady/stop?t=0", gives: 304 },
    ],
  },
  {
    name: "a running container is removed by force only",
    steps: [
      ...running("steady"),
      { call: "DELETE /containers/steady", gives: "409 running" },
      { call: "DELETE /containers/steady?force=1", gives: 204 },
    ],
  },
  {
    name: "a container that does not run is not killed",
    steps: [created("still"), { call: "POST /containers/still/kill", gives: "409 is not running" }],
  },
  {
    name: "an unknown signal is refused",
    steps: [{ call: "POST /containers/plain/kill?signal=NOSUCH", gives: "400 nvalid signal: ...NOSUCH" }],
  },
  {
    name: "exec runs a command, and says how it ended",
    steps: [
      {
        call: "POST /containers/plain/exec",
        body: { Cmd: ["sh", "-c", "echo hello; exit 4"], AttachStdout: true },
        as: "ran",
        gives: 201,
      },
      get("GET /exec/{ran}/json", 200, {
        shows: {
          ID: "{ran}",
          Running: false,
          ExitCode: null,
          ContainerID: "{plain}",
          ProcessConfig: { entrypoint: "sh", arguments: ["-c", "echo hello; exit 4"], tty: false },
        },
      }),
      { call: "POST /exec/{ran}/start", body: {}, gives: "200 hello" },
      get("GET /exec/{ran}/json", 200, { shows: { Running: false, ExitCode: 4 } }),
      { call: "POST /exec/{ran}/start", body: {}, gives: "409 has already run" },
    ],
    differs: ["exec-again"],
  },
  refused("exec takes a command", "POST /containers/plain/exec", { Cmd: [] }, "400 o exec command specified"),
  {
    name: "exec takes a running container",
    steps: [
      created("still"),
      { call: "POST /containers/still/exec", body: { Cmd: ["true"] }, gives: "409 is not running" },
    ],
  },
  {
    name: "wait's condition must be known",
    alone: "20.10 waits for the end of the container",
    steps: [{ call: "POST /containers/plain/wait?condition=nosuch", gives: "400 condition" }],
  },
  {
    name: "a container's life is a row of events",
    steps: [
      ...running("told", { Cmd: ["true"], HostConfig: { NetworkMode: "none" } }),
      { call: "POST /containers/told/wait", gives: 200 },
      { call: "DELETE /containers/told", gives: 204 },
      {
        events: { type: ["container"], event: ["create", "start", "die", "destroy"], container: ["{told}"] },
        gives: [
          "container create {told} image=conformance name=told",
          "container start {told} image=conformance name=told",
          "container die {told} ...exitCode=0 image=conformance name=told",
          "container destroy {told} image=conformance name=told",
        ],
      },
    ],
  },
  {
    name: "a rename is taken when the name is free",
    steps: [
      ...running("one"),
      { call: "POST /containers/one/rename?name=plain", gives: "409 is already in use" },
      { call: "POST /containers/one/rename?name=two", gives: 204 },
      get("GET /containers/two/json", 200, { shows: { Name: "/two", Id: "{one}" } }),
    ],
  },
];

export const lives: Area = {
  title: "shapes and lives",
  given: [
    network("view", 91),
    ...running("shown", {
      HostConfig: { NetworkMode: "view" },
      NetworkingConfig: { EndpointsConfig: { view: { IPAMConfig: { IPv4Address: "10.91.0.9" }, Aliases: ["seen"] } } },
    }),
    ...running("plain"),
  ],
  cases: [...shapes, ...life],
};
