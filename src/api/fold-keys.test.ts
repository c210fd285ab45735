import assert from "node:assert/strict";
import { test } from "node:test";
import { containerCreateBody } from "./docker/containers/create-body.ts";
import { foldKeys } from "./fold-keys.ts";
import { testApi } from "./testing/api.ts";

const cases = [
  { name: "names of fields", given: { image: "a", CMD: ["b"] }, folded: { Image: "a", Cmd: ["b"] } },
  {
    name: "fields within fields and lists",
    given: { hostconfig: { mounts: [{ TYPE: "bind", bindOptions: { propagation: "shared" } }] } },
    folded: { HostConfig: { Mounts: [{ Type: "bind", BindOptions: { Propagation: "shared" } }] } },
  },
  {
    name: "values of a map, but not its keys",
    given: { hostConfig: { portBindings: { "80/TCP": [{ hostport: "1" }] } }, labels: { IMAGE: "x", image: "y" } },
    folded: { HostConfig: { PortBindings: { "80/TCP": [{ HostPort: "1" }] } }, Labels: { IMAGE: "x", image: "y" } },
  },
  { name: "the last of two", given: { Image: "a", image: "b" }, folded: { Image: "b" } },
  {
    name: "what inspect gives back, and what is refused",
    given: { hostconfig: { storageopt: 1, containeridfile: "c" } },
    folded: { HostConfig: { StorageOpt: 1, ContainerIDFile: "c" } },
  },
  { name: "nothing that is unknown", given: { nothing: { Image: 1 } }, folded: { nothing: { Image: 1 } } },
  {
    name: "no value of another type",
    given: { hostconfig: "text", cmd: null },
    folded: { HostConfig: "text", Cmd: null },
  },
];

for (const { name, given, folded } of cases) {
  test(`foldKeys() spells as the schema does: ${name}`, () => {
    assert.deepEqual(foldKeys(containerCreateBody, given), folded);
  });
}

test("foldKeys() keeps __proto__ a field like any other", () => {
  const body = JSON.parse('{"__proto__": {"image": 1}, "image": "a"}') as object;
  const folded = foldKeys(containerCreateBody, body) as Record<string, unknown>;
  assert.deepEqual(Object.keys(folded), ["__proto__", "Image"]);
  assert.equal(Object.getPrototypeOf(folded), Object.prototype);
});

test("API-13 bodies are read whatever the case of their fields' names, and refused by the schema's spelling", async () => {
  await using api = testApi();
  const made = await api.ask("POST", "/networks/create", {
    name: "web",
    LABELS: { a: "b" },
    ipam: { config: [{ subnet: "10.9.0.0/24" }] },
  });
  assert.equal(made.status, 201);
  const network = (await api.ask("GET", "/networks/web")).body;
  assert.deepEqual([network.Labels, network.IPAM.Config[0].Subnet], [{ a: "b" }, "10.9.0.0/24"]);
  const refused = await api.ask("POST", "/networks/create", { name: "other", ipam: { config: [{ subnet: 7 }] } });
  assert.deepEqual(
    [refused.status, /IPAM\.Config\[0\]\.Subnet must be string/.test(refused.body.message)],
    [400, true],
  );
});
