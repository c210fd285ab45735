import assert from "node:assert/strict";
import { test } from "node:test";
import { shortId } from "../../../base/ids.ts";
import type { ContainerRequest } from "../../../engine/engine.ts";
import type { NetworkMode } from "../../../model/container.ts";
import { testApi } from "../../testing/api.ts";
import { plainConfig } from "../../testing/plain.ts";

test("POST /containers/create links to the container whose network the target shares, by its id", async () => {
  await using api = testApi();
  const { id } = await api.engine.containers.create({ name: "db", config: plainConfig, endpoints: [] });
  const networkMode = { kind: "container", containerId: id } as const;
  await api.engine.containers.create({ name: "beside", config: { ...plainConfig, networkMode }, endpoints: [] });
  const HostConfig = { Links: ["/db:/web/store", "beside"] };
  const body = { Fairlead: { Rootfs: "host" }, HostConfig };
  assert.equal((await api.ask("POST", "/containers/create", body)).status, 201);
  const request = api.engine.calls.findLast(([name]) => name === "containers.create")?.[1] as
    | ContainerRequest
    | undefined;
  assert.deepEqual(request?.endpoints[0]?.settings.links, [`${shortId(id)}:store`, `${shortId(id)}:beside`]);
});

test("LIFE-22 links of the default bridge that did not come with HostConfig are shown at its endpoint", async () => {
  await using api = testApi();
  await api.engine.containers.create({ name: "db", config: plainConfig, endpoints: [] });
  const body = {
    Fairlead: { Rootfs: "host" },
    HostConfig: { Links: ["db:store"] },
    NetworkingConfig: { EndpointsConfig: { bridge: { Links: ["db:beside"] } } },
  };
  const { body: made } = await api.ask("POST", "/containers/create?name=web", body);
  const { body: shown } = await api.ask("GET", `/containers/${made.Id}/json`);
  const { bridge } = shown.NetworkSettings.Networks;
  assert.deepEqual([shown.HostConfig.Links, bridge.Links], [["/db:/web/store"], ["db:beside"]]);
});

test("LIFE-22 inspect shows links in one form, however they were sent, and with their targets' present names", async () => {
  await using api = testApi();
  await api.engine.containers.create({ name: "db", config: plainConfig, endpoints: [] });
  const HostConfig = { Links: ["db:one", "/db:/web/two", "db"] };
  const body = { Fairlead: { Rootfs: "host" }, HostConfig };
  await api.ask("POST", "/containers/create?name=web", body);
  const shown = async (name: string) => (await api.ask("GET", `/containers/${name}/json`)).body.HostConfig.Links;
  assert.deepEqual(await shown("web"), ["/db:/web/one", "/db:/web/two", "/db:/web/db"]);
  await api.engine.containers.rename("db", "base");
  assert.deepEqual(await shown("web"), ["/base:/web/one", "/base:/web/two", "/base:/web/db"]);
  await api.ask("POST", "/networks/create", { Name: "own" });
  await api.ask("POST", "/containers/create?name=far", { ...body, HostConfig: { ...HostConfig, NetworkMode: "own" } });
  assert.deepEqual(await shown("far"), ["/db:/far/one", "/db:/far/two", "/db:/far/db"]);
});

test("LIFE-22 nothing links to a container on the host's network, nor to one that shares it, nor to one whose network is gone", async () => {
  await using api = testApi();
  const make = (name: string, networkMode: NetworkMode) =>
    api.engine.containers.create({ name, config: { ...plainConfig, networkMode }, endpoints: [] });
  const { id: containerId } = await make("db", { kind: "host" });
  await make("beside", { kind: "container", containerId });
  await make("alone", { kind: "container", containerId: "f".repeat(64) });
  const refusals: string[] = [];
  for (const link of ["db:store", "beside:store", "alone:store"]) {
    const body = { Fairlead: { Rootfs: "host" }, HostConfig: { Links: [link] } };
    const { status, body: said } = await api.ask("POST", "/containers/create", body);
    refusals.push(`${status} ${said.message.replace(/^.*(conflicting options|No such container).*$/, "$1")}`);
  }
  assert.deepEqual(refusals, ["400 conflicting options", "400 conflicting options", "400 No such container"]);
});
