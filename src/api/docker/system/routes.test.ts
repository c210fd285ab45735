import assert from "node:assert/strict";
import { test } from "node:test";
import { testApi } from "../../testing/api.ts";

for (const method of ["GET", "HEAD"] as const) {
  test(`${method} /_ping answers with Docker's headers, with and without a version`, async () => {
    await using api = testApi();
    for (const url of ["/_ping", "/v1.24/_ping"]) {
      const { status, text, headers } = await api.ask(method, url);
      const shown = ["api-version", "docker-experimental", "ostype", "server", "cache-control"].map(
        (name) => headers[name],
      );
      assert.deepEqual(
        [status, text, shown],
        [
          200,
          method === "GET" ? "OK" : "",
          ["1.51", "false", "linux", "Fairlead/0.1.0 (linux)", "no-cache, no-store, must-revalidate"],
        ],
      );
    }
  });
}

const versions: readonly [version: string, message: string][] = [
  [
    "1.23",
    "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version",
  ],
  [
    "0.99",
    "client version 0.99 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version",
  ],
  ["1.52", "client version 1.52 is too new. Maximum supported API version is 1.51"],
  ["2.30", "client version 2.30 is too new. Maximum supported API version is 1.51"],
];

for (const [version, message] of versions) {
  test(`API version ${version} is refused in Docker's words`, async () => {
    await using api = testApi();
    const { status, body } = await api.ask("GET", `/v${version}/networks`);
    assert.deepEqual([status, body], [400, { message }]);
  });
}

const unknown: readonly [method: "GET" | "POST" | "PUT" | "DELETE", url: string, status: number, message: RegExp][] = [
  ["GET", "/nothing", 404, /^page not found$/],
  ["DELETE", "/networks", 404, /^page not found$/],
  ["GET", "/v1.51", 404, /^page not found$/],
  ["PUT", "/volumes/x", 501, /^volume update is not supported: it is for cluster volumes/],
  ["POST", "/swarm/init", 501, /^swarm is not supported/],
  ["POST", "/build", 501, /^building images is not supported/],
  ["POST", "/session", 501, /^building images is not supported/],
];

for (const [method, url, status, message] of unknown) {
  test(`${method} ${url} answers ${status}`, async () => {
    await using api = testApi();
    const answer = await api.ask(method, url);
    assert.equal(answer.status, status);
    assert.match(answer.body.message, message);
  });
}

test("GET /version and /info say what the daemon is", async () => {
  await using api = testApi();
  const version = (await api.ask("GET", "/version")).body;
  const info = (await api.ask("GET", "/info")).body;
  assert.deepEqual(
    [version.ApiVersion, version.MinAPIVersion, version.Version, version.Components[0].Name, version.Os],
    ["1.51", "1.24", "0.1.0", "Engine", "linux"],
  );
  assert.deepEqual(
    [
      info.Containers,
      info.Plugins.Network,
      info.DefaultAddressPools,
      info.Warnings,
      info.FirewallBackend.Driver,
      info.Swarm.LocalNodeState,
    ],
    [0, ["bridge", "host", "null"], [{ Base: "10.0.0.0/8", Size: 24 }], ["WARNING: something"], "nftables", "inactive"],
  );
});

test("GET /info names the firewall since 1.49", async () => {
  await using api = testApi();
  const shown = async (version: string) => (await api.ask("GET", `/v${version}/info`)).body.FirewallBackend;
  assert.deepEqual([(await shown("1.49")).Driver, await shown("1.48")], ["nftables", undefined]);
});

test("GET /info has a UUID, and what clients before 1.25 look for", async () => {
  await using api = testApi();
  const now = (await api.ask("GET", "/info")).body;
  assert.match(now.ID, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal("ExecutionDriver" in now, false);
  assert.equal((await api.ask("GET", "/v1.24/info")).body.ExecutionDriver, "<not supported>");
});

test("GET /system/df refuses a type that is none", async () => {
  await using api = testApi();
  const { status, body } = await api.ask("GET", "/system/df?type=image&type=foo");
  assert.deepEqual([status, body.message], [400, "unknown object type: foo"]);
});

test("GET /info and /version name what containers are run with, and what is known of registries", async () => {
  await using api = testApi();
  const { RuncCommit, InitCommit, IndexServerAddress, RegistryConfig } = (await api.ask("GET", "/info")).body;
  assert.deepEqual([RuncCommit.ID, InitCommit.ID], ["v1.1.5-0-gf19387a", "de40ad0"]);
  assert.equal(IndexServerAddress, "https://index.docker.io/v1/");
  assert.deepEqual(RegistryConfig.InsecureRegistryCIDRs, ["::1/128", "127.0.0.0/8", "10.0.0.0/8"]);
  const { "docker.io": hub, ...others } = RegistryConfig.IndexConfigs;
  assert.deepEqual(hub, { Name: "docker.io", Mirrors: ["https://mirror.example/"], Secure: true, Official: true });
  assert.deepEqual(others, { "lab:5000": { Name: "lab:5000", Mirrors: [], Secure: false, Official: false } });
  const { Components } = (await api.ask("GET", "/version")).body;
  assert.deepEqual(Components.slice(1), [
    { Name: "runc", Version: "1.1.5", Details: { GitCommit: "v1.1.5-0-gf19387a" } },
    { Name: "docker-init", Version: "0.19.0", Details: { GitCommit: "de40ad0" } },
  ]);
});

test("GET /info names the cluster's store and this host's address in it, and neither on a host that is alone", async () => {
  await using api = testApi();
  const facts = async () => {
    const { ClusterStore, ClusterAdvertise } = (await api.ask("GET", "/info")).body;
    return [ClusterStore, ClusterAdvertise];
  };
  assert.deepEqual(await facts(), ["etcd://10.0.0.1:2379/fairlead", "10.0.0.1"]);
  api.engine.cluster.all = api.engine.cluster.all.map((host) => ({ ...host, vtep: "" }));
  assert.deepEqual(await facts(), [undefined, undefined]);
});

test("a failure of the kernel is a 500 with its text, and the undo's failure comes second", async () => {
  const { KernelError } = await import("../../../base/kernel-error.ts");
  await using api = testApi();
  const first = new KernelError('create link "br0"', "EEXIST", "it is there");
  api.engine.networks.remove = () => Promise.reject(first);
  const plain = await api.ask("DELETE", "/networks/x");
  api.engine.networks.remove = () =>
    Promise.reject(
      new SuppressedError(new AggregateError([new Error("Cannot undo: a")], "Cannot undo every step"), first),
    );
  const both = await api.ask("DELETE", "/networks/x");
  assert.deepEqual([plain.status, plain.body.message], [500, 'Cannot create link "br0": EEXIST (it is there)']);
  assert.deepEqual(
    [both.status, both.body.message],
    [500, 'Cannot create link "br0": EEXIST (it is there); then Cannot undo every step; Cannot undo: a'],
  );
});

test("POST /build/prune finds a build cache that is empty: docker system prune asks for it", async () => {
  await using api = testApi();
  const { status, body } = await api.ask("POST", "/build/prune?all=1");
  assert.deepEqual([status, body], [200, { CachesDeleted: [], SpaceReclaimed: 0 }]);
});
