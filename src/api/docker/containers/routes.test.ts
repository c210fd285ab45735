import assert from "node:assert/strict";
import { test } from "node:test";
import { type TestApi, testApi } from "../../testing/api.ts";
import { plainConfig, plainSettings } from "../../testing/plain.ts";
import { statusText } from "./state-json.ts";

async function withBox(api: TestApi, options: { running?: boolean; config?: object } = {}): Promise<string> {
  const config = { ...plainConfig, ...options.config };
  const { id } = await api.engine.containers.create({
    name: "c1",
    config,
    endpoints: [{ network: "bridge", settings: plainSettings }],
  });
  if (options.running) await api.engine.containers.start("c1");
  return id;
}

const lifecycle: readonly [name: string, method: "POST" | "DELETE", url: string, call: unknown[]][] = [
  [
    "stop",
    "POST",
    "/containers/c1/stop?t=3&signal=SIGINT",
    ["containers.stop", "c1", { timeoutSeconds: 3, signal: "SIGINT" }],
  ],
  ["stop without a time", "POST", "/containers/c1/stop", ["containers.stop", "c1", {}]],
  [
    "stop without a limit",
    "POST",
    "/containers/c1/stop?t=-1",
    ["containers.stop", "c1", { timeoutSeconds: 2_147_483 }],
  ],
  ["restart", "POST", "/containers/c1/restart?t=0", ["containers.restart", "c1", { timeoutSeconds: 0 }]],
  ["kill", "POST", "/containers/c1/kill", ["containers.kill", "c1", "SIGKILL"]],
  ["kill with a signal", "POST", "/containers/c1/kill?signal=HUP", ["containers.kill", "c1", "HUP"]],
  ["remove", "DELETE", "/containers/c1?force=1&v=1", ["containers.remove", "c1", { force: true, volumes: true }]],
];

for (const [name, method, url, call] of lifecycle) {
  test(`container ${name} answers 204 and reaches the engine`, async () => {
    await using api = testApi();
    await withBox(api, { running: true });
    const { status, text } = await api.ask(method, url);
    assert.deepEqual([status, text, api.engine.calls.at(-1)], [204, "", call]);
  });
}

test("POST /containers/{id}/start refuses settings, and takes a body that says nothing", async () => {
  await using api = testApi();
  await withBox(api);
  const refused = await api.ask("POST", "/containers/c1/start", { Privileged: true });
  assert.deepEqual(
    [refused.status, refused.body.message],
    [400, "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24"],
  );
  assert.equal((await api.ask("POST", "/containers/c1/start", {})).status, 204);
});

test("POST /containers/{id}/start answers 204, then 304 without a body", async () => {
  await using api = testApi();
  await withBox(api);
  const answers = [await api.ask("POST", "/containers/c1/start"), await api.ask("POST", "/containers/c1/start")];
  assert.deepEqual(
    answers.map(({ status, text }) => [status, text]),
    [
      [204, ""],
      [304, ""],
    ],
  );
});

test("POST /containers/{id}/kill says 409 for a container that does not run, 404 for none, 400 for a bad time", async () => {
  await using api = testApi();
  await withBox(api);
  const statuses = [];
  for (const url of ["/containers/c1/kill", "/containers/x/kill", "/containers/c1/stop?t=soon"])
    statuses.push((await api.ask("POST", url)).status);
  assert.deepEqual(statuses, [409, 404, 400]);
});

test("POST /containers/{id}/rename checks the new name", async () => {
  await using api = testApi();
  const id = await withBox(api);
  const statuses = [];
  for (const name of ["", "b", "we b", "box2"])
    statuses.push((await api.ask("POST", `/containers/c1/rename?name=${encodeURIComponent(name)}`)).status);
  assert.deepEqual([statuses, api.engine.box(id).name], [[400, 400, 400, 204], "box2"]);
});

test("GET /containers/{id}/json shows a running container in Docker's shape", async () => {
  await using api = testApi();
  const publish = [{ protocol: "tcp", containerPort: 80, hostIp: "", hostPort: 8080, hostPortEnd: 8080 }] as const;
  const id = await withBox(api, { running: true, config: { publish, exposed: [{ protocol: "udp", port: 53 }] } });
  const { body } = await api.ask("GET", "/containers/%2Fc1/json");
  const endpoint = api.engine.endpoints[0];
  const bridge = api.engine.network("bridge");
  const addresses = {
    Gateway: "172.17.0.1",
    IPAddress: "172.17.0.2",
    IPPrefixLen: 16,
    IPv6Gateway: "",
    GlobalIPv6Address: "",
    GlobalIPv6PrefixLen: 0,
  };
  assert.deepEqual(body.NetworkSettings, {
    Bridge: "",
    SandboxID: id,
    SandboxKey: "/run/fairlead/netns/1",
    Ports: { "53/udp": null, "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }] },
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: endpoint?.id,
    ...addresses,
    MacAddress: "02:00:00:00:00:02",
    Networks: {
      bridge: {
        IPAMConfig: null,
        Links: null,
        Aliases: null,
        MacAddress: "02:00:00:00:00:02",
        DriverOpts: null,
        GwPriority: 0,
        NetworkID: bridge.id,
        EndpointID: endpoint?.id,
        ...addresses,
        DNSNames: ["c1", id.slice(0, 12)],
      },
    },
  });
  assert.deepEqual(
    [
      body.Name,
      body.State.Status,
      body.State.Running,
      body.State.Pid,
      body.Path,
      body.HostConfig.NetworkMode,
      body.Config.Image,
      body.Config.Hostname,
    ],
    ["/c1", "running", true, 4242, "true", "bridge", "host", id.slice(0, 12)],
  );
  assert.deepEqual(
    [body.HostConfig.PortBindings, body.Config.ExposedPorts],
    [{ "80/tcp": [{ HostIp: "", HostPort: "8080" }] }, { "53/udp": {} }],
  );
});

test("GET /containers/{id}/json shows a stopped container without addresses, and old clients what they know", async () => {
  await using api = testApi();
  const id = await withBox(api, { running: true });
  await api.engine.containers.stop("c1", {});
  const old = (await api.ask("GET", "/v1.43/containers/c1/json")).body.NetworkSettings;
  const { IPAddress, EndpointID, Aliases } = old.Networks.bridge;
  assert.deepEqual(
    {
      IPAddress,
      EndpointID,
      Aliases,
      ports: old.Ports,
      box: old.SandboxID,
      has: ["GwPriority", "DNSNames"].filter((key) => key in old.Networks.bridge),
    },
    { IPAddress: "", EndpointID: "", Aliases: [id.slice(0, 12)], ports: {}, box: "", has: [] },
  );
});

test("CLI-9 before 1.45 the short id is among the aliases once the container was connected or started", async () => {
  await using api = testApi();
  const id = await withBox(api);
  const aliases = async (version = "v1.38") =>
    (await api.ask("GET", `/${version}/containers/c1/json`)).body.NetworkSettings.Networks.bridge.Aliases;
  assert.deepEqual([await aliases(), await aliases("v1.44"), await aliases("v1.45")], [null, [id.slice(0, 12)], null]);
  const [endpoint] = api.engine.endpoints;
  assert.ok(endpoint);
  api.engine.endpoints[0] = { ...endpoint, connected: true };
  assert.deepEqual(await aliases(), [id.slice(0, 12)]);
  const settings = { ...endpoint.settings, aliases: [id.slice(0, 12), "web"] };
  api.engine.endpoints[0] = { ...endpoint, connected: true, settings };
  assert.deepEqual(await aliases(), settings.aliases);
  api.engine.endpoints[0] = endpoint;
  await api.engine.containers.start("c1");
  assert.deepEqual(await aliases(), [id.slice(0, 12)]);
});

test("GET /containers/json shows Docker's summary and hands on its filters", async () => {
  await using api = testApi();
  const publish = [{ protocol: "tcp", containerPort: 80, hostIp: "", hostPort: 8080, hostPortEnd: 8080 }] as const;
  const id = await withBox(api, {
    running: true,
    config: {
      publish,
      exposed: [
        { protocol: "tcp", port: 80 },
        { protocol: "tcp", port: 81 },
      ],
    },
  });
  const { body } = await api.ask("GET", `/containers/json?filters=${encodeURIComponent('{"network":["bridge"]}')}`);
  const { Status, NetworkSettings, ...rest } = body[0];
  assert.match(Status, /^Up \d+ \w+$/);
  assert.equal(NetworkSettings.Networks.bridge.IPAddress, "172.17.0.2");
  assert.deepEqual(rest, {
    Id: id,
    Names: ["/c1"],
    Image: "host",
    ImageID: "",
    Command: "true",
    Created: 1767323045,
    Ports: [
      { PrivatePort: 81, Type: "tcp" },
      { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8080, Type: "tcp" },
    ],
    Labels: {},
    State: "running",
    HostConfig: { NetworkMode: "bridge" },
    Mounts: [],
  });
  assert.deepEqual(api.engine.calls.at(-1), ["containers.list", { all: false, filters: { network: ["bridge"] } }]);
});

const withoutNetworks = [
  { networkModeText: "host", networkMode: { kind: "host" } },
  { networkModeText: "none", networkMode: { kind: "none" } },
  { networkModeText: "container:other", networkMode: { kind: "container", containerId: "0".repeat(64) } },
] as const;
for (const mode of withoutNetworks) {
  test(`LIFE-26 a container with --network ${mode.networkModeText} shows no ports, whatever it exposes`, async () => {
    await using api = testApi();
    await withBox(api, { running: true, config: { exposed: [{ protocol: "tcp", port: 80 }], ...mode } });
    const { NetworkSettings, Config } = (await api.ask("GET", "/containers/c1/json")).body;
    const [listed] = (await api.ask("GET", "/containers/json")).body;
    assert.deepEqual([NetworkSettings.Ports, Config.ExposedPorts, listed.Ports], [{}, { "80/tcp": {} }, []]);
  });
}

test("GET /containers/json looks at all containers for a limit or a status, and refuses unknown filters", async () => {
  await using api = testApi();
  await api.ask("GET", "/containers/json?limit=2");
  await api.ask("GET", `/containers/json?filters=${encodeURIComponent('{"status":["exited"]}')}`);
  const refused = await api.ask("GET", `/containers/json?filters=${encodeURIComponent('{"status":["odd"]}')}`);
  assert.deepEqual(
    [api.engine.calls, refused.status],
    [
      [
        ["containers.list", { all: true, limit: 2, filters: {} }],
        ["containers.list", { all: true, filters: { status: ["exited"] } }],
      ],
      400,
    ],
  );
});

const now = Date.parse("2026-01-10T00:00:00Z");
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString();
const state = {
  status: "running",
  pid: 1,
  exitCode: 0,
  startedAt: "",
  finishedAt: "",
  error: "",
  stoppedByUser: false,
} as const;
for (const [seconds, text] of [
  [0, "Up Less than a second"],
  [1, "Up 1 second"],
  [59, "Up 59 seconds"],
  [60, "Up About a minute"],
  [150, "Up 2 minutes"],
  [3700, "Up About an hour"],
  [90_000, "Up 25 hours"],
  [4 * 86_400, "Up 4 days"],
  [20 * 86_400, "Up 2 weeks"],
  [70 * 86_400, "Up 2 months"],
] as const) {
  test(`statusText() says "${text}" after ${seconds} seconds`, () => {
    assert.equal(statusText({ ...state, startedAt: ago(seconds) }, now), text);
  });
}

test("statusText() says how a container ended", () => {
  assert.equal(
    statusText({ ...state, status: "exited", exitCode: 3, finishedAt: ago(10) }, now),
    "Exited (3) 10 seconds ago",
  );
});
