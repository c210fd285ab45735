import assert from "node:assert/strict";
import { test } from "node:test";
import type { NetworkRequest } from "../../../engine/engine.ts";
import { testApi } from "../../testing/api.ts";
import { plainConfig as config, plainSettings as settings } from "../../testing/plain.ts";

const request: NetworkRequest = {
  name: "web",
  driver: "bridge",
  internal: false,
  attachable: false,
  ipv4: true,
  ipv6: false,
  ipamDriver: "default",
  ipamOptions: {},
  pools: [],
  options: {},
  labels: {},
  configOnly: false,
};

test("POST /networks/create takes every field of Docker's body", async () => {
  await using api = testApi();
  const { status, body } = await api.ask("POST", "/v1.51/networks/create", {
    Name: "web",
    CheckDuplicate: true,
    Driver: "bridge",
    Scope: "local",
    Internal: true,
    Attachable: true,
    Ingress: false,
    ConfigOnly: true,
    ConfigFrom: { Network: "base" },
    EnableIPv4: false,
    EnableIPv6: true,
    IPAM: {
      Driver: "default",
      Options: { a: "b" },
      Config: [
        { Subnet: "fd05::/64", IPRange: "fd05::/80", Gateway: "fd05::1", AuxiliaryAddresses: { nas: "fd05::9" } },
        {},
      ],
    },
    Options: { "com.docker.network.driver.mtu": "1400" },
    Labels: { tier: "front" },
  });
  assert.deepEqual(
    { status, keys: Object.keys(body), warning: body.Warning },
    { status: 201, keys: ["Id", "Warning"], warning: "" },
  );
  assert.deepEqual(api.engine.calls, [
    [
      "networks.create",
      {
        ...request,
        internal: true,
        attachable: true,
        ipv4: false,
        ipv6: true,
        ipamOptions: { a: "b" },
        pools: [{ subnet: "fd05::/64", range: "fd05::/80", gateway: "fd05::1", aux: { nas: "fd05::9" } }],
        options: { "com.docker.network.driver.mtu": "1400" },
        labels: { tier: "front" },
        configOnly: true,
        configFrom: "base",
      },
    ],
  ]);
});

test("POST /networks/create takes nulls and absent fields for the defaults, and ignores EnableIPv4 below 1.48", async () => {
  await using api = testApi();
  const nulls = { Name: "web", IPAM: null, Options: null, Labels: null, ConfigFrom: null, Driver: null, Unknown: [1] };
  assert.equal((await api.ask("POST", "/networks/create", nulls)).status, 201);
  assert.equal((await api.ask("POST", "/v1.47/networks/create", { Name: "old", EnableIPv4: false })).status, 201);
  const open = { openFamilies: ["ipv4", "ipv6"] };
  assert.deepEqual(api.engine.calls, [
    ["networks.create", { ...request, ...open, noIpamOptions: true }],
    ["networks.create", { ...request, ...open, noIpamOptions: true, name: "old" }],
  ]);
  // Null for what was not sent: docker-compose 1.29 looks at it.
  await api.ask("POST", "/networks/create", { Name: "sent", IPAM: { Options: {} } });
  const shown = async (name: string) => (await api.ask("GET", `/networks/${name}`)).body.IPAM.Options;
  assert.deepEqual([await shown("web"), await shown("sent")], [null, {}]);
});

const refused: readonly [name: string, body: unknown, status: number, message: RegExp][] = [
  ["a type that is wrong", { Name: 7 }, 400, /^invalid request: Name must be string/],
  [
    "a deep type that is wrong",
    { Name: "x", IPAM: { Config: [{ Subnet: 5 }] } },
    400,
    /^invalid request: IPAM\.Config\[0\]\.Subnet must be string/,
  ],
  ["a body that is a list", [], 400, /^invalid request: body must be object/],
  ["invalid JSON", "{", 400, /^invalid JSON: /],
  ["an empty body", "", 400, /^got EOF while reading request body/],
  [
    "10,000 pools",
    { Name: "x", IPAM: { Config: Array(10_000).fill({}) } },
    400,
    /^invalid request: IPAM\.Config must NOT have more than 1000 items/,
  ],
  ["a predefined name", { Name: "bridge" }, 403, /^operation is not permitted on predefined bridge network$/],
  ["an ingress network", { Name: "x", Ingress: true }, 403, /^Cannot use network x: an ingress network/],
  [
    "a scope of a swarm",
    { Name: "x", Scope: "swarm" },
    403,
    /^cannot create a swarm scoped network when swarm is not active/,
  ],
  ["a bridge for all hosts", { Name: "x", Scope: "global" }, 400, /^Invalid Scope: "global" .*use driver "overlay"/],
  ["an overlay of one host", { Name: "x", Driver: "overlay", Scope: "local" }, 400, /driver "overlay" is global$/],
];

for (const [name, body, status, message] of refused) {
  test(`POST /networks/create refuses ${name}`, async () => {
    await using api = testApi();
    const answer = await api.ask("POST", "/networks/create", body);
    assert.deepEqual(
      { status: answer.status, type: answer.headers["content-type"] },
      { status, type: "application/json" },
    );
    assert.match(answer.body.message, message);
  });
}

test("POST /networks/create says 409 for a name that is taken, and 400 for a body that is no JSON by its type", async () => {
  await using api = testApi();
  await api.ask("POST", "/networks/create", { Name: "web" });
  const again = await api.ask("POST", "/networks/create", { Name: "web" });
  const plain = await api.ask("POST", "/networks/create", '{"Name":"x"}', "text/plain");
  assert.deepEqual(
    [again.status, again.body, plain.status, plain.body],
    [
      409,
      { message: "network with name web already exists" },
      400,
      { message: "unsupported Content-Type header (text/plain): must be 'application/json'" },
    ],
  );
});

test("POST /networks/create refuses a body of more than 16 MiB and keeps nothing", async () => {
  await using api = testApi();
  const { status, body } = await api.ask(
    "POST",
    "/networks/create",
    JSON.stringify({ Name: "x".repeat(17 * 1024 * 1024) }),
  );
  assert.deepEqual(
    [status, body.message, api.engine.calls],
    [413, "request body is too large: at most 16777216 bytes are accepted", []],
  );
});

test("GET /networks/{id} answers in Docker's shape", async () => {
  await using api = testApi();
  const { id } = await api.engine.networks.create({
    ...request,
    pools: [{ subnet: "10.5.0.0/24", gateway: "10.5.0.1", aux: {} }],
  });
  const box = await api.engine.containers.create({
    name: "c1",
    config,
    endpoints: [{ network: "web", settings }],
  });
  await api.engine.containers.start("c1");
  const endpoint = api.engine.endpoints[0];
  const { status, body } = await api.ask("GET", `/networks/${id.slice(0, 12)}?verbose=true`);
  assert.equal(status, 200);
  assert.deepEqual(body, {
    Name: "web",
    Id: id,
    Created: "2026-01-02T03:04:05.000000006Z",
    Scope: "local",
    Driver: "bridge",
    EnableIPv4: true,
    EnableIPv6: false,
    IPAM: { Driver: "default", Options: {}, Config: [{ Subnet: "10.5.0.0/24", Gateway: "10.5.0.1" }] },
    Internal: false,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Containers: {
      [box.id]: {
        Name: "c1",
        EndpointID: endpoint?.id,
        MacAddress: "02:00:00:00:00:02",
        IPv4Address: "10.5.0.2/16",
        IPv6Address: "",
      },
    },
    Options: {},
    Labels: {},
  });
});

test("GET /networks/{id} of a global network lists endpoints of other hosts after its own, and the hosts as peers", async () => {
  await using api = testApi();
  const overlay = { Name: "wide", Driver: "overlay", Scope: "global", IPAM: { Config: [{ Subnet: "10.0.9.0/24" }] } };
  assert.equal((await api.ask("POST", "/networks/create", overlay)).status, 201);
  const box = await api.engine.containers.create({ name: "c1", config, endpoints: [{ network: "wide", settings }] });
  await api.engine.containers.start("c1");
  const { all, hostId } = api.engine.cluster;
  const { id: networkId } = api.engine.network("wide");
  const remote = (digit: string, hostId: string, more: object) => ({
    ...{ networkId, endpointId: digit.repeat(64), containerId: "c".repeat(64), container: `c${digit}`, names: ["db"] },
    ...{ mac: "02:00:00:00:00:09", hostId, ...more },
  });
  api.engine.shared.set("wide", {
    remotes: [remote("8", all[1]?.id ?? "", { ipv4: "10.0.9.9" }), remote("9", "gone", { ipv6: "fd00::9" })],
    peers: all.filter(({ id, name }) => id === hostId || name === "next"),
  });
  const { body } = await api.ask("GET", "/networks/wide");
  const listed = (await api.ask("GET", "/networks")).body.find(({ Name }: { Name: string }) => Name === "wide");
  const { [box.id]: own, ...others } = body.Containers;
  const found = (Name: string, digit: string, IPv4Address: string, IPv6Address: string, Host: string) => ({
    ...{ Name, EndpointID: digit.repeat(64), MacAddress: "02:00:00:00:00:09", IPv4Address, IPv6Address, Host },
  });
  assert.equal(own.Name, "c1");
  assert.deepEqual(others, {
    [`ep-${"8".repeat(64)}`]: found("c8", "8", "10.0.9.9/24", "", "next"),
    [`ep-${"9".repeat(64)}`]: found("c9", "9", "", "fd00::9", "gone"),
  });
  assert.deepEqual(body.Peers, [
    { Name: "lab", IP: "10.0.0.1" },
    { Name: "next", IP: "10.0.0.2" },
  ]);
  assert.deepEqual([listed.Containers, "Peers" in listed], [{}, false]);
});

test("GET /networks lists built-in networks with Docker's nulls, and containers only below 1.28", async () => {
  await using api = testApi();
  await api.engine.containers.create({ name: "c1", config, endpoints: [{ network: "bridge", settings }] });
  await api.engine.containers.start("c1");
  const count = async (prefix: string) =>
    Object.keys((await api.ask("GET", `${prefix}/networks`)).body[0].Containers).length;
  const { body } = await api.ask("GET", "/networks");
  assert.deepEqual(
    {
      names: body.map((one: { Name: string }) => one.Name),
      none: body[2].IPAM,
      now: await count(""),
      before: await count("/v1.27"),
    },
    { names: ["bridge", "host", "none"], none: { Driver: "default", Options: null, Config: null }, now: 0, before: 1 },
  );
});

test("GET /networks hands on known filters in both of Docker's forms and refuses the rest", async () => {
  await using api = testApi();
  const ask = (filters: unknown) =>
    api.ask(
      "GET",
      `/networks?filters=${encodeURIComponent(typeof filters === "string" ? filters : JSON.stringify(filters))}`,
    );
  await ask({ driver: ["bridge"], label: { "a=b": true, off: false } });
  const messages = [];
  for (const filters of [{ foo: ["x"] }, { type: ["odd"] }, { name: "x" }, "{", "[]"]) {
    const { status, body } = await ask(filters);
    messages.push([status, body.message]);
  }
  assert.deepEqual(api.engine.calls, [["networks.list", { driver: ["bridge"], label: ["a=b"] }]]);
  assert.deepEqual(
    messages.map(([status]) => status),
    [400, 400, 400, 400, 400],
  );
  assert.deepEqual(
    messages.slice(0, 2).map(([, text]) => text),
    ["invalid filter 'foo'", "invalid filter 'type=odd': use custom, builtin"],
  );
});

test("GET /networks/{id} says 404 for an unknown network and for one of another scope", async () => {
  await using api = testApi();
  const unknown = await api.ask("GET", "/networks/nope");
  const scoped = await api.ask("GET", "/networks/bridge?scope=swarm");
  assert.deepEqual([unknown.status, unknown.body, scoped.status], [404, { message: "network nope not found" }, 404]);
});

test("DELETE /networks/{id} answers 204, then 404, and 403 for a predefined one", async () => {
  await using api = testApi();
  await api.engine.networks.create(request);
  const answers = [
    await api.ask("DELETE", "/networks/web"),
    await api.ask("DELETE", "/networks/web"),
    await api.ask("DELETE", "/networks/host"),
  ];
  assert.deepEqual(
    answers.map(({ status, text }) => [status, text]),
    [
      [204, ""],
      [404, '{"message":"network web not found"}'],
      [403, '{"message":"host is a pre-defined network and cannot be removed"}'],
    ],
  );
});

test("POST /networks/{id}/connect hands on the whole EndpointConfig, GwPriority at every version", async () => {
  await using api = testApi();
  await api.engine.networks.create(request);
  await api.engine.containers.create({ name: "c1", config, endpoints: [] });
  const EndpointConfig = {
    IPAMConfig: { IPv4Address: "10.5.0.9", IPv6Address: "fd05::9", LinkLocalIPs: ["169.254.7.7"] },
    Links: ["db:store"],
    Aliases: ["front"],
    MacAddress: "02:aa:00:00:00:01",
    DriverOpts: { "com.docker.network.endpoint.ifname": "lan0" },
    GwPriority: -5,
  };
  const { status } = await api.ask("POST", "/v1.44/networks/web/connect", { Container: "/c1", EndpointConfig });
  assert.equal(status, 200);
  assert.deepEqual(api.engine.calls.at(-1), [
    "networks.connect",
    "web",
    "c1",
    {
      ipv4: "10.5.0.9",
      ipv6: "fd05::9",
      linkLocal: ["169.254.7.7"],
      mac: "02:aa:00:00:00:01",
      aliases: ["front"],
      links: ["db:store"],
      ifName: "lan0",
      gwPriority: -5,
      driverOptions: { "com.docker.network.endpoint.ifname": "lan0" },
    },
  ]);
});

const connectRefusals: readonly [name: string, url: string, body: unknown, status: number, message: RegExp][] = [
  ["no container", "/networks/web/connect", {}, 400, /^Invalid Container: it is empty/],
  ["an unknown container", "/networks/web/connect", { Container: "x" }, 404, /^No such container: x$/],
  ["an unknown network", "/networks/x/connect", { Container: "c1" }, 404, /^network x not found$/],
  [
    "an address that is none",
    "/networks/web/connect",
    { Container: "c1", EndpointConfig: { IPAMConfig: { IPv4Address: "10.5.0.999" } } },
    400,
    /^invalid endpoint settings:\ninvalid IPv4 address: 10.5.0.999$/,
  ],
  [
    "an alias on the default bridge",
    "/networks/bridge/connect",
    { Container: "c1", EndpointConfig: { Aliases: ["x"] } },
    400,
    /network-scoped aliases/,
  ],
  [
    "an address on the default bridge",
    "/networks/bridge/connect",
    { Container: "c1", EndpointConfig: { IPAMConfig: { IPv4Address: "172.17.0.9" } } },
    400,
    /user specified IP address/,
  ],
];

for (const [name, url, body, status, message] of connectRefusals) {
  test(`POST /networks/{id}/connect refuses ${name}`, async () => {
    await using api = testApi();
    await api.engine.networks.create(request);
    await api.engine.containers.create({ name: "c1", config, endpoints: [] });
    const answer = await api.ask("POST", url, body);
    assert.equal(answer.status, status);
    assert.match(answer.body.message, message);
  });
}

test("POST /networks/{id}/disconnect answers 200, then Docker's 500 for a container that is not connected", async () => {
  await using api = testApi();
  await api.engine.networks.create(request);
  await api.engine.containers.create({ name: "c1", config, endpoints: [{ network: "web", settings }] });
  const leave = () => api.ask("POST", "/networks/web/disconnect", { Container: "c1", Force: true });
  const answers = [await leave(), await leave()];
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 500],
  );
  assert.equal(answers[1]?.body.message, "container c1 is not connected to network web");
  assert.deepEqual(api.engine.calls.at(-1), ["networks.disconnect", "web", "c1", { force: true }]);
});

test("POST /networks/prune names what it removed, null for nothing, and takes Docker's filters only", async () => {
  await using api = testApi();
  await api.engine.networks.create(request);
  const prune = (filters: object) =>
    api.ask("POST", `/networks/prune?filters=${encodeURIComponent(JSON.stringify(filters))}`);
  const answers = [await prune({ "label!": ["keep"], until: ["1h"] }), await prune({}), await prune({ name: ["x"] })];
  assert.deepEqual(
    answers.map(({ body }) => body),
    [{ NetworksDeleted: ["web"] }, { NetworksDeleted: null }, { message: "invalid filter 'name'" }],
  );
});
