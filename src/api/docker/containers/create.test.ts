import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerRequest } from "../../../engine/engine.ts";
import { type TestApi, testApi } from "../../testing/api.ts";
import { plainConfig, plainSettings } from "../../testing/plain.ts";

/** The request that reached the engine. */
async function created(api: TestApi, body: unknown, url = "/containers/create"): Promise<ContainerRequest> {
  const answer = await api.ask("POST", url, body);
  assert.equal(answer.status, 201, answer.text);
  return api.engine.calls.findLast(([name]) => name === "containers.create")?.[1] as ContainerRequest;
}

const host = { Fairlead: { Rootfs: "host" } };

test("POST /containers/create hands on the whole body in the model's words", async () => {
  await using api = testApi();
  await api.engine.networks.create({ ...network, name: "web" });
  const request = await created(
    api,
    {
      ...{ Image: "app:1", Cmd: ["-p", "80"], Entrypoint: ["/srv"], Env: ["A=1"], WorkingDir: "/w", User: "1:1" },
      ...{
        Hostname: "h",
        Domainname: "d.test",
        Labels: { a: "b" },
        StopSignal: "SIGINT",
        StopTimeout: 3,
        Tty: true,
        OpenStdin: true,
      },
      ExposedPorts: { "80/tcp": {}, "53/udp": {} },
      HostConfig: {
        NetworkMode: "web",
        PortBindings: {
          "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "8080" }, { HostPort: "9000-9010" }],
          "53/udp": [{}],
          "1/tcp": null,
          "2/tcp": [],
        },
        PublishAllPorts: true,
        Binds: ["/a:/b:ro", "/c:/d"],
        Mounts: [{ Type: "tmpfs", Target: "/t", TmpfsOptions: { SizeBytes: 1024, Mode: 0o700 } }],
        Tmpfs: { "/u": "size=1m,ro" },
        ...{ Dns: ["1.1.1.1"], DnsOptions: ["ndots:1"], DnsSearch: ["x.test"], ExtraHosts: ["h:host-gateway"] },
        ...{ Sysctls: { "net.core.somaxconn": "9" }, CapAdd: ["NET_ADMIN"], CapDrop: ["ALL"], Privileged: true },
        ...{ ReadonlyRootfs: true, AutoRemove: true },
      },
      NetworkingConfig: { EndpointsConfig: { web: { Aliases: ["front"], GwPriority: 3 }, bridge: null } },
    },
    "/containers/create?name=/c1",
  );
  const bind = { type: "bind", makeSource: true, options: [] };
  assert.deepEqual(request, {
    name: "c1",
    config: {
      rootfs: { kind: "image", reference: "app:1", imageId: "" },
      ...{
        entrypoint: ["/srv"],
        command: ["-p", "80"],
        args: ["/srv", "-p", "80"],
        env: ["A=1"],
        workingDir: "/w",
        user: "1:1",
      },
      ...{
        tty: true,
        openStdin: true,
        hostname: "h",
        domainname: "d.test",
        labels: { a: "b" },
        stopSignal: "SIGINT",
        stopTimeoutSeconds: 3,
        given: { config: { StopSignal: "SIGINT", StopTimeout: 3 }, hostConfig: { Tmpfs: { "/u": "size=1m,ro" } } },
      },
      mounts: [
        { ...bind, source: "/a", target: "/b", readOnly: true, mode: "ro" },
        { ...bind, source: "/c", target: "/d", readOnly: false, mode: "" },
        { type: "tmpfs", source: "tmpfs", target: "/t", readOnly: false, options: ["mode=700", "size=1024"] },
        { type: "tmpfs", source: "tmpfs", target: "/u", readOnly: true, options: ["size=1m"], unlisted: true },
      ],
      storage: {
        binds: ["/a:/b:ro", "/c:/d"],
        mounts: [{ Type: "tmpfs", Target: "/t", TmpfsOptions: { SizeBytes: 1024, Mode: 0o700 } }],
      },
      ...{ sysctls: { "net.core.somaxconn": "9" }, capAdd: ["NET_ADMIN"], capDrop: ["ALL"], privileged: true },
      ...{ readonlyRootfs: true, autoRemove: true, networkMode: { kind: "networks" }, networkModeText: "web" },
      exposed: [
        { protocol: "tcp", port: 80 },
        { protocol: "udp", port: 53 },
      ],
      publish: [
        { protocol: "tcp", containerPort: 80, hostIp: "127.0.0.1", hostPort: 8080, hostPortEnd: 8080 },
        { protocol: "tcp", containerPort: 80, hostIp: "", hostPort: 9000, hostPortEnd: 9010 },
        { protocol: "udp", containerPort: 53, hostIp: "", hostPort: 0, hostPortEnd: 0 },
        { protocol: "tcp", containerPort: 1, hostIp: "", hostPort: 0, hostPortEnd: 0 },
        { protocol: "tcp", containerPort: 2, hostIp: "", hostPort: 0, hostPortEnd: 0 },
      ],
      publishAll: true,
      ...{ dns: ["1.1.1.1"], dnsSearch: ["x.test"], dnsOptions: ["ndots:1"], extraHosts: ["h:host-gateway"] },
    },
    entrypointGiven: true,
    endpoints: [
      { network: "web", settings: { ...plainSettings, aliases: ["front"], gwPriority: 3 } },
      { network: "bridge", settings: plainSettings },
    ],
  });
});

test("POST /containers/create without a mode means the default bridge", async () => {
  await using api = testApi();
  const plain = { ...plainConfig, args: [], command: [], stopSignal: "" };
  for (const NetworkMode of [undefined, "", "default", "bridge"]) {
    const { config, endpoints } = await created(api, { ...host, HostConfig: { NetworkMode } });
    assert.deepEqual(
      { config, endpoints },
      { config: plain, endpoints: [{ network: "bridge", settings: plainSettings }] },
    );
  }
});

test("POST /containers/create joins another container's sandbox by its id", async () => {
  await using api = testApi();
  const { id } = await api.engine.containers.create({ name: "db", config: plainConfig, endpoints: [] });
  const { config, endpoints } = await created(api, { ...host, HostConfig: { NetworkMode: "container:db" } });
  assert.deepEqual(
    [config.networkMode, config.networkModeText, endpoints],
    [{ kind: "container", containerId: id }, `container:${id}`, []],
  );
});

for (const mode of ["host", "none"] as const) {
  test(`POST /containers/create takes mode ${mode} with its own network only`, async () => {
    await using api = testApi();
    const { config, endpoints } = await created(api, {
      ...host,
      HostConfig: { NetworkMode: mode },
      NetworkingConfig: { EndpointsConfig: { [mode]: {} } },
    });
    assert.deepEqual([config.networkMode, endpoints.map((one) => one.network)], [{ kind: mode }, [mode]]);
  });
}

test("POST /containers/create puts the container-wide MAC address and --link on the main network", async () => {
  await using api = testApi();
  await api.engine.networks.create({ ...network, name: "a" });
  const { id } = await api.engine.containers.create({ name: "db", config: plainConfig, endpoints: [] });
  const body = { ...host, MacAddress: "02:00:00:00:00:09", HostConfig: { NetworkMode: "bridge", Links: ["db:store"] } };
  const { endpoints } = await created(api, { ...body, NetworkingConfig: { EndpointsConfig: { bridge: {}, a: {} } } });
  assert.deepEqual(
    endpoints.map(({ settings: { mac, links } }) => [mac, links]),
    [
      ["02:00:00:00:00:09", [`${id.slice(0, 12)}:store`]],
      [undefined, []],
    ],
  );
});

test("POST /containers/create ignores GwPriority below 1.48 and refuses several networks below 1.44", async () => {
  await using api = testApi();
  await api.engine.networks.create({ ...network, name: "a" });
  const body = (...names: string[]) => ({
    ...host,
    NetworkingConfig: { EndpointsConfig: Object.fromEntries(names.map((name) => [name, { GwPriority: 7 }])) },
  });
  const priority = async (version: string) =>
    (await created(api, body("a"), `/v${version}/containers/create`)).endpoints[0]?.settings.gwPriority;
  assert.deepEqual([await priority("1.47"), await priority("1.48")], [0, 7]);
  const several = await api.ask("POST", "/v1.43/containers/create", body("a", "bridge"));
  assert.equal(several.status, 400);
  assert.match(several.body.message, /^Container cannot be created with multiple network endpoints: a, bridge$/);
});

test("POST /containers/create handles 10,000 published ports", async () => {
  await using api = testApi();
  const PortBindings = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, index) => [`${index + 1}/tcp`, [{ HostPort: `${index + 20_000}` }]]),
  );
  const { config } = await created(api, { ...host, HostConfig: { PortBindings } });
  assert.equal(config.publish.length, 10_000);
});

const shared = { HostConfig: { NetworkMode: "container:db" } };
const refused: readonly [name: string, body: object, status: number, message: RegExp][] = [
  ["no image and no root", { Cmd: ["x"] }, 400, /^Invalid Image: it is empty/],
  ["a relative root", { Fairlead: { Rootfs: "dir" } }, 400, /"dir" is neither "host" nor an absolute path/],
  ["a port out of range", { HostConfig: { PortBindings: { "70000/tcp": [] } } }, 400, /"70000" is not a port number/],
  ["a port of zero", { ExposedPorts: { "0/tcp": {} } }, 400, /Invalid port "0\/tcp"/],
  ["a protocol that is none", { ExposedPorts: { "80/icmp": {} } }, 400, /it must be NUMBER\/tcp/],
  [
    "a reversed range",
    { HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "90-80" }] } } },
    400,
    /"90-80" must be a port or a range/,
  ],
  ["a bind without target", { HostConfig: { Binds: ["/a:"] } }, 400, /^invalid volume specification: '\/a:'$/],
  ["a target given twice", { HostConfig: { Binds: ["/a:/x", "/b:/x"] } }, 400, /Duplicate mount point: \/x/],
  ["a relative working directory", { WorkingDir: "w" }, 400, /needs to be an absolute path/],
  ["an environment without a name", { Env: ["=x"] }, 400, /invalid environment variable: =x$/],
  ["a host name of 65 bytes", { Hostname: "h".repeat(65) }, 400, /Invalid Hostname/],
  [
    "a link to nobody on the default network",
    { HostConfig: { Links: ["nobody:db"] } },
    400,
    /^could not get container for nobody: No such container: nobody$/,
  ],
  [
    "a relative device",
    { HostConfig: { Devices: [{ PathOnHost: "kvm" }] } },
    400,
    /PathOnHost: "kvm" must be an absolute/,
  ],
  [
    "a GPU",
    { HostConfig: { DeviceRequests: [{ Driver: "", Capabilities: [["gpu"]] }] } },
    501,
    /capabilities: \[\[gpu\]\]/,
  ],
  [
    "odd permissions",
    { HostConfig: { Devices: [{ PathOnHost: "/a", CgroupPermissions: "rr" }] } },
    400,
    /"rr" are not/,
  ],
  [
    "an odd device rule",
    { HostConfig: { DeviceCgroupRules: ["x 1:1 r"] } },
    400,
    /device cgroup rule format: 'x 1:1 r'/,
  ],
  ["a user namespace", { HostConfig: { UsernsMode: "private" } }, 400, /userns mode: "private"/],
  ["another runtime", { HostConfig: { Runtime: "kata" } }, 501, /runtime "kata" is not supported/],
  ["a negative /dev/shm", { HostConfig: { ShmSize: -1 } }, 400, /^SHM size can not be less than 0$/],
  [
    "an OOM score out of range",
    { HostConfig: { OomScoreAdj: 1001 } },
    400,
    /range for oom score adj is \[-1000, 1000\]/,
  ],
  ["a parent control group outside", { HostConfig: { CgroupParent: "/a/../.." } }, 400, /cgroup parent/],
  [
    "another log driver",
    { HostConfig: { LogConfig: { Type: "syslog", Config: {} } } },
    501,
    /^log driver "syslog" is not supported/,
  ],
  [
    "two different MAC addresses",
    {
      MacAddress: "02:00:00:00:00:01",
      NetworkingConfig: { EndpointsConfig: { bridge: { MacAddress: "02:00:00:00:00:02" } } },
    },
    400,
    /must match the endpoint-specific MAC address/,
  ],
  [
    "an alias on the default bridge",
    { NetworkingConfig: { EndpointsConfig: { bridge: { Aliases: ["x"] } } } },
    400,
    /network-scoped aliases/,
  ],
  [
    "host mode with links",
    { HostConfig: { NetworkMode: "host", Links: ["db"] } },
    400,
    /conflicting options: host type networking can't be used with links/,
  ],
  [
    "none with a second network",
    { HostConfig: { NetworkMode: "none" }, NetworkingConfig: { EndpointsConfig: { a: {} } } },
    400,
    /conflicting options: network a and the network mode none/,
  ],
  // 404 would send a docker client to pull the image.
  [
    "a shared sandbox of nobody",
    { HostConfig: { NetworkMode: "container:nobody" } },
    400,
    /^Invalid container configuration: No such container: nobody$/,
  ],
  [
    "a shared sandbox with a host name",
    { ...shared, Hostname: "h" },
    400,
    /conflicting options: hostname and the network mode/,
  ],
  [
    "a shared sandbox with a MAC address",
    { ...shared, MacAddress: "02:00:00:00:00:01" },
    400,
    /conflicting options: mac-address and the network mode/,
  ],
  [
    "a shared sandbox with exposed ports",
    { ...shared, ExposedPorts: { "80/tcp": {} } },
    400,
    /conflicting options: port exposing and the container type network mode/,
  ],
  [
    "a shared sandbox with links",
    { HostConfig: { NetworkMode: "container:db", Links: ["x"] } },
    400,
    /container type network can't be used with links/,
  ],
  [
    "a shared sandbox with name servers",
    { HostConfig: { NetworkMode: "container:db", Dns: ["1.1.1.1"] } },
    400,
    /conflicting options: dns and the network mode/,
  ],
  [
    "a shared sandbox with extra hosts",
    { HostConfig: { NetworkMode: "container:db", ExtraHosts: ["a:1.1.1.1"] } },
    400,
    /custom host-to-IP mapping/,
  ],
  [
    "a shared sandbox with published ports",
    { HostConfig: { NetworkMode: "container:db", PortBindings: { "80/tcp": [{}] } } },
    400,
    /port publishing and the container type network mode/,
  ],
  [
    "a shared sandbox with a network",
    { ...shared, NetworkingConfig: { EndpointsConfig: { a: {} } } },
    400,
    /network a and the container type network mode/,
  ],
];

for (const [name, body, status, message] of refused) {
  test(`POST /containers/create refuses ${name}`, async () => {
    await using api = testApi();
    await api.engine.containers.create({ name: "db", config: plainConfig, endpoints: [] });
    const root = "Cmd" in body || "Fairlead" in body ? {} : host;
    const answer = await api.ask("POST", "/containers/create", { ...root, ...body });
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.body.message, message);
    assert.equal(api.engine.boxes.size, 1);
  });
}

for (const name of ["a", "-web", "we b", "x".repeat(201), "../etc"]) {
  test(`POST /containers/create refuses the name ${name.slice(0, 10)}`, async () => {
    await using api = testApi();
    const { status, body } = await api.ask("POST", `/containers/create?name=${encodeURIComponent(name)}`, host);
    assert.equal(status, 400);
    assert.match(body.message, /^Invalid container name \(.*\), only \[a-zA-Z0-9\]/);
  });
}

test("POST /containers/create warns of what has no effect and says nothing of the docker CLI's defaults", async () => {
  await using api = testApi();
  const ask = async (HostConfig: object) =>
    (await api.ask("POST", "/containers/create", { ...host, HostConfig })).body.Warnings;
  const cli = {
    ...{
      RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
      LogConfig: { Type: "", Config: {} },
      ConsoleSize: [0, 0],
    },
    ...{
      MemorySwappiness: -1,
      PidsLimit: 0,
      Devices: [],
      Ulimits: [],
      OomKillDisable: false,
      IpcMode: "",
      CgroupnsMode: "",
      SecurityOpt: null,
    },
  };
  assert.deepEqual(await ask(cli), []);
  assert.deepEqual(await ask({ KernelMemory: 1e8 }), [
    "KernelMemory has no effect: kernel memory has no limit of its own; --memory counts it",
  ]);
});

const network = {
  ...{
    driver: "bridge",
    internal: false,
    attachable: false,
    ipv4: true,
    ipv6: false,
    ipamDriver: "default",
    ipamOptions: {},
  },
  ...{ pools: [], options: {}, labels: {}, configOnly: false },
};

test("POST /containers/create takes one word for a command and an entrypoint", async () => {
  await using api = testApi();
  const { config } = await created(api, { ...host, Entrypoint: "echo", Cmd: "a b" });
  assert.deepEqual([config.entrypoint, config.command, config.args], [["echo"], ["a b"], ["echo", "a b"]]);
  assert.equal((await api.ask("POST", "/containers/create", { ...host, Cmd: 1 })).status, 400);
});
