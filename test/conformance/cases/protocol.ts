import { type Area, any, type Case, type Step } from "../case.ts";

const get = (call: string, gives: number | string, more: object = {}): Step => ({ call, gives, ...more });
const one = (name: string, step: Step, more: Partial<Case> = {}): Case => ({ name, steps: [step], ...more });

const ping: Case[] = [
  one(
    "ping answers OK, and with the headers that clients negotiate by",
    get("GET /_ping", 200, {
      shows: "OK",
      answers: {
        "api-version": any,
        ostype: "linux",
        "docker-experimental": "false",
        "cache-control": "no-cache, no-store, must-revalidate",
        pragma: "no-cache",
        "content-type": "text/plain; charset=utf-8",
      },
    }),
  ),
  one(
    "ping by HEAD has no body",
    get("HEAD /_ping", 200, { shows: "", answers: { "api-version": any, "content-length": "0" } }),
    {},
  ),
  one("ping under a version is ping", get("GET /v1.41/_ping", 200, { shows: "OK" })),
  one("ping says that there is no swarm", get("GET /_ping", 200, { answers: { swarm: "inactive" } }), {
    differs: ["ping-swarm"],
  }),
  one(
    "every answer names the server",
    get("GET /networks", 200, { answers: { server: "...(linux)", "api-version": any, ostype: "linux" } }),
  ),
  one(
    "errors have the headers, too",
    get("GET /networks/nosuch", 404, {
      answers: { "api-version": any, "content-type": "application/json", server: any },
    }),
  ),
];

const versions: Case[] = [
  one(
    "a version that is too old is refused",
    get(
      "GET /v1.11/networks",
      "400 client version 1.11 is too old. Minimum supported API version is ..., please upgrade your client to a newer version",
    ),
  ),
  one(
    "a version that is too new is refused",
    get("GET /v1.99/networks", "400 client version 1.99 is too new. Maximum supported API version is "),
  ),
  one(
    "another major version is refused",
    get("GET /v2.0/networks", "400 client version 2.0 is too new. Maximum supported API version is "),
  ),
  one("a version that is none is no path", get("GET /vNext/networks", "404 page not found")),
  one(
    "1.24 is spoken",
    get('GET /v1.24/networks?filters={"type":["builtin"]}', 200, { lists: ["bridge", "host", "none"] }),
  ),
  one(
    "1.41 is spoken",
    get("GET /v1.41/version", 200, {
      shows: {
        ApiVersion: any,
        MinAPIVersion: any,
        Os: "linux",
        Arch: any,
        KernelVersion: any,
        Components: any,
        Platform: { Name: any },
        Version: any,
      },
    }),
  ),
  one("1.51 is spoken", get("GET /v1.51/version", 200, { shows: { ApiVersion: "1.51" } }), { newer: true }),
  one("1.52 is too new", get("GET /v1.52/version", "400 Maximum supported API version is 1.51"), { newer: true }),
  one("a path without a version is the newest", get("GET /version", 200, { shows: { ApiVersion: any } })),
  one(
    "version has the fields that clients read",
    get("GET /v1.41/version", 200, {
      shows: {
        Version: any,
        ApiVersion: any,
        MinAPIVersion: any,
        GitCommit: any,
        GoVersion: any,
        Os: "linux",
        Arch: "amd64",
        KernelVersion: any,
        BuildTime: any,
        Components: [
          {
            Name: any,
            Version: any,
            Details: {
              ApiVersion: any,
              Arch: any,
              BuildTime: any,
              Experimental: any,
              GitCommit: any,
              GoVersion: any,
              KernelVersion: any,
              MinAPIVersion: any,
              Os: any,
            },
          },
          ...["second", "third", "fourth"].map(() => ({ Name: any, Version: any, Details: { GitCommit: any } })),
        ],
      },
    }),
  ),
];

const bodies: Case[] = [
  ...[
    ["/networks/create", "{invalid", "invalid character 'i' looking for beginning of object key string"],
    ["/volumes/create", '{"Name": tru}', "invalid character '}' in literal true (expecting 'e')"],
    ["/containers/nosuch/exec", '{"Cmd" 1}', "invalid character '1' after object key"],
    ["/exec/nosuch/start", '{"Detach": [1 2]}', "invalid character '2' after array element"],
  ].map(([path, body, why]) =>
    one(`a body that is no JSON is refused (${path})`, { call: `POST ${path}`, body, gives: `400 ${why}` }),
  ),
  ...["/containers/nosuch/exec", "/exec/nosuch/start"].map((path) =>
    one(`a body that is missing is refused (${path})`, {
      call: `POST ${path}`,
      body: "",
      gives: "400 got EOF while reading request body",
    }),
  ),
];

const info: Case[] = [
  one(
    "info has the fields that clients read",
    get("GET /v1.41/info", 200, {
      shows: {
        ...{ ID: any, Containers: 0, ContainersRunning: 0, ContainersPaused: 0, ContainersStopped: 0, Images: 1 },
        ...{
          Driver: "overlay2",
          OSType: "linux",
          Architecture: "x86_64",
          NCPU: any,
          MemTotal: any,
          Name: any,
          KernelVersion: any,
        },
        ...{
          OperatingSystem: any,
          OSVersion: any,
          IPv4Forwarding: true,
          LoggingDriver: "json-file",
          DefaultRuntime: "runc",
        },
        ...{
          ServerVersion: any,
          DockerRootDir: any,
          HttpProxy: "",
          HttpsProxy: "",
          NoProxy: "",
          Debug: false,
          NFd: any,
          NGoroutines: any,
        },
        ...{
          SystemTime: any,
          NEventsListener: any,
          IndexServerAddress: any,
          RegistryConfig: any,
          Labels: [],
          ExperimentalBuild: false,
        },
        ...{
          CgroupDriver: "cgroupfs",
          CgroupVersion: any,
          Runtimes: any,
          LiveRestoreEnabled: any,
          Isolation: "",
          InitBinary: any,
        },
        ...{
          SecurityOptions: any,
          Warnings: any,
          Swarm: { LocalNodeState: "inactive", ControlAvailable: false, NodeID: "", RemoteManagers: null },
        },
        ...{ ContainerdCommit: any, RuncCommit: any, InitCommit: any },
        Plugins: { Volume: ["local"], Network: any, Authorization: null, Log: any },
      },
    }),
  ),
  one(
    "info lists the network drivers",
    get("GET /info", 200, {
      shows: { Plugins: { Network: ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"] } },
    }),
  ),
  one(
    "info says which pools networks come from (1.40)",
    get("GET /info", 200, { shows: { DefaultAddressPools: any } }),
    { differs: ["pools-shown"] },
  ),
  one(
    "info says which firewall there is (1.49)",
    get("GET /info", 200, { shows: { FirewallBackend: { Driver: "nftables" } } }),
    { newer: true },
  ),
];

const routing: Case[] = [
  one(
    "an unknown path is not found",
    get("GET /nosuch", "404 page not found", { shows: { message: "page not found" } }),
  ),
  one("an unknown path under a version is not found", get("GET /v1.41/nosuch/path", "404 page not found")),
  one("the root is not found", get("GET /", "404 page not found")),
  one("another method on a known path is not found", get("PATCH /networks", "404", {}), {}),
  one("PUT of networks is not found", get("PUT /networks/create", "4", {}), {
    steps: [{ call: "PUT /networks/create", gives: 404 }],
  }),
  one("OPTIONS answers", get("OPTIONS /networks", 200), {}),
  one("a slash at the end is no matter", get("GET /networks/", 200)),
  one("HEAD of a list is not found", get("HEAD /networks", 404), {}),
  one("numbers in a query are numbers", get("GET /containers/json?limit=many", "400 many"), { differs: ["refusals"] }),
  one("a true value may be 1", get("GET /containers/json?all=1", 200, { shows: [] })),
  one(
    "a filter of containers must be known",
    get('GET /containers/json?filters={"nosuch":["a"]}', "400 nvalid filter 'nosuch'"),
  ),
  one("an unknown container is not found", get("GET /containers/nosuch/json", "404 No such container: nosuch")),
  one("an unknown exec is not found", get("GET /exec/nosuch/json", "404 No such exec instance: nosuch")),
  one("an unknown image is not found", get("GET /images/nosuch/json", "404 No such image: nosuch")),
  one("an unknown volume is not found", get("GET /volumes/nosuch", "404 nosuch")),
  one("starting what is not there is not found", {
    call: "POST /containers/nosuch/start",
    gives: "404 No such container: nosuch",
  }),
  one("stopping what is not there is not found", {
    call: "POST /containers/nosuch/stop",
    gives: "404 No such container: nosuch",
  }),
  one("removing what is not there is not found", {
    call: "DELETE /containers/nosuch",
    gives: "404 No such container: nosuch",
  }),
  one("waiting for what is not there is not found", {
    call: "POST /containers/nosuch/wait",
    gives: "404 No such container: nosuch",
  }),
  one(
    "logs of what is not there are not found",
    get("GET /containers/nosuch/logs?stdout=1", "404 No such container: nosuch"),
  ),
  one("swarm's routes say that there is none", get("GET /services", 501), { differs: ["swarm"] }),
  one(
    "joining a swarm is not offered, and says so",
    { call: "POST /swarm/init", body: {}, gives: "501 swarm" },
    { differs: ["swarm"] },
  ),
];

export const protocol: Area = {
  title: "protocol",
  cases: [...info, ...bodies, ...ping, ...versions, ...routing],
};
