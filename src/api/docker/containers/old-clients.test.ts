import assert from "node:assert/strict";
import { test } from "node:test";
import { testApi } from "../../testing/api.ts";

// docker-compose 1.29 speaks 1.38; its own tests look at these.
const root = { Fairlead: { Rootfs: "host" } };

test("CLI-9 before 1.40 containers have an IPC namespace that others can join, unless they ask for another", async () => {
  await using api = testApi();
  const shown: string[] = [];
  for (const [version, host] of [
    ["1.38", undefined],
    ["1.39", { IpcMode: "" }],
    ["1.39", { IpcMode: "private" }],
    ["1.40", {}],
  ] as const) {
    const { body } = await api.ask("POST", `/v${version}/containers/create`, { ...root, HostConfig: host });
    shown.push((await api.ask("GET", `/containers/${body.Id}/json`)).body.HostConfig.IpcMode);
  }
  assert.deepEqual(shown, ["shareable", "shareable", "private", "private"]);
});

test("CLI-9 inspect shows the MAC address that was asked for where it was before 1.44, and until the first start at the endpoint", async () => {
  await using api = testApi();
  const MacAddress = "02:42:ac:11:65:43";
  await api.ask("POST", "/v1.38/containers/create?name=c1", { ...root, MacAddress });
  await api.ask("POST", "/v1.38/containers/create?name=plain", root);
  const shown = async (version: string, name: string) =>
    (await api.ask("GET", `/v${version}/containers/${name}/json`)).body.Config.MacAddress;
  assert.deepEqual(
    [await shown("1.43", "c1"), await shown("1.51", "c1"), await shown("1.38", "plain")],
    [MacAddress, MacAddress, undefined],
  );
  const shownByEndpoint = async () =>
    (await api.ask("GET", "/containers/c1/json")).body.NetworkSettings.Networks.bridge.MacAddress;
  const created = await shownByEndpoint();
  await api.ask("POST", "/containers/c1/start");
  api.engine.exit("c1", 0);
  assert.deepEqual([created, await shownByEndpoint()], [MacAddress, ""]);
});

test("CLI-9 a network that is named by its id in NetworkMode and by its name in EndpointsConfig is one", async () => {
  await using api = testApi();
  const { body: made } = await api.ask("POST", "/networks/create", { Name: "lan" });
  const MacAddress = "02:42:ac:11:65:43";
  const wanted = { IPAMConfig: { IPv4Address: "172.30.0.2" } };
  for (const version of ["1.25", "1.51"]) {
    const body = { ...root, MacAddress, HostConfig: { NetworkMode: made.Id } };
    const EndpointsConfig = { lan: wanted };
    const path = `/v${version}/containers/create?name=v${version}`;
    assert.equal((await api.ask("POST", path, { ...body, NetworkingConfig: { EndpointsConfig } })).status, 201);
    const { Config, NetworkSettings } = (await api.ask("GET", `/containers/v${version}/json`)).body;
    assert.deepEqual(Object.keys(NetworkSettings.Networks), ["lan"]);
    const { IPAMConfig, MacAddress: ofEndpoint } = NetworkSettings.Networks.lan;
    assert.deepEqual([IPAMConfig, ofEndpoint, Config.MacAddress], [wanted.IPAMConfig, MacAddress, MacAddress]);
  }
});

test("CLI-9 before 1.44 the MAC address that was asked for is the container's, since then its endpoint's alone", async () => {
  await using api = testApi();
  const MacAddress = "02:42:ac:11:65:43";
  for (const version of ["1.43", "1.44"])
    await api.ask("POST", `/v${version}/containers/create?name=v${version}`, { ...root, MacAddress });
  const macs = ["v1.43", "v1.44"].map((name) => api.engine.box(name).config.mac);
  assert.deepEqual(macs, [MacAddress, undefined]);
});

test("CLI-9 since 1.44 a MAC address of the container is taken with a warning; links in both places are one", async () => {
  await using api = testApi();
  await api.ask("POST", "/networks/create", { Name: "lan" });
  const Links = ["db:store"];
  await api.ask("POST", "/containers/create?name=db", root);
  const warned = async (version: string) => {
    const body = { ...root, MacAddress: "02:42:ac:11:65:43", HostConfig: { NetworkMode: "lan", Links } };
    const NetworkingConfig = { EndpointsConfig: { lan: { Links } } };
    const made = await api.ask("POST", `/v${version}/containers/create`, { ...body, NetworkingConfig });
    const { NetworkSettings } = (await api.ask("GET", `/containers/${made.body.Id}/json`)).body;
    assert.deepEqual(NetworkSettings.Networks.lan.Links, Links);
    return made.body.Warnings.length;
  };
  assert.deepEqual([await warned("1.43"), await warned("1.44")], [0, 1]);
});

test("CLI-9 inspect shows which streams were asked for: none where nothing was said", async () => {
  await using api = testApi();
  await api.ask("POST", "/containers/create?name=none", { ...root, AttachStdout: false });
  await api.ask("POST", "/containers/create?name=one", { ...root, AttachStderr: true });
  const shown = async (name: string) => {
    const { AttachStdin, AttachStdout, AttachStderr } = (await api.ask("GET", `/containers/${name}/json`)).body.Config;
    return [AttachStdin, AttachStdout, AttachStderr];
  };
  assert.deepEqual(
    [await shown("none"), await shown("one")],
    [
      [false, false, false],
      [false, false, true],
    ],
  );
});

test("CLI-9 inspect shows null for name servers that were not sent, and an empty list that was", async () => {
  await using api = testApi();
  await api.ask("POST", "/containers/create?name=none", { ...root, HostConfig: { DnsSearch: null } });
  await api.ask("POST", "/containers/create?name=some", { ...root, HostConfig: { Dns: [], DnsSearch: ["x.test"] } });
  const shown = async (name: string) => {
    const { Dns, DnsOptions, DnsSearch } = (await api.ask("GET", `/containers/${name}/json`)).body.HostConfig;
    return [Dns, DnsOptions, DnsSearch];
  };
  assert.deepEqual(
    [await shown("none"), await shown("some")],
    [
      [null, null, null],
      [[], null, ["x.test"]],
    ],
  );
});

test("CLI-9 POST /containers/create refuses an isolation that Linux does not have", async () => {
  await using api = testApi();
  const create = (Isolation: string) =>
    api.ask("POST", "/v1.38/containers/create", { ...root, HostConfig: { Isolation } });
  const { status, body } = await create("foobar");
  assert.deepEqual([status, body.message], [400, `Invalid isolation: "foobar" - linux only supports 'default'`]);
  assert.deepEqual([(await create("default")).status, (await create("")).status], [201, 201]);
});
