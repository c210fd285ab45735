import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerRequest } from "../../../engine/engine.ts";
import { testApi } from "../../testing/api.ts";

const cases: readonly [what: string, body: object, networks: string[]][] = [
  ["nothing", {}, ["none"]],
  ["the default network", { HostConfig: { NetworkMode: "default" } }, ["none"]],
  ["the bridge", { HostConfig: { NetworkMode: "bridge" } }, ["none"]],
  ["another network", { NetworkingConfig: { EndpointsConfig: { other: {} } } }, ["other"]],
];

for (const [what, body, networks] of cases) {
  test(`without a default bridge a container that asks for ${what} gets ${networks.join()}`, async () => {
    await using api = testApi();
    api.engine.nets.delete("bridge");
    const asked = await api.ask("POST", "/networks/create", { Name: "other" });
    const answer = await api.ask("POST", "/containers/create", { Fairlead: { Rootfs: "host" }, ...body });
    assert.deepEqual([asked.status, answer.status], [201, 201], answer.text);
    const call = api.engine.calls.findLast(([name]) => name === "containers.create");
    const request = call?.[1] as ContainerRequest | undefined;
    assert.deepEqual(
      request?.endpoints.map(({ network }) => network),
      networks,
    );
  });
}
