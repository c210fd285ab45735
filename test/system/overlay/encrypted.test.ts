import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ClusterHost } from "../../../lab/cluster/cluster-host.ts";
import { ClusterLab } from "../../../lab/cluster/cluster-lab.ts";
import { openTunnels } from "../../../src/kernel/open.ts";
import { eventually, inspect, stay } from "./hosts.ts";

const tunnels = openTunnels({ keyFile: "/nowhere" });
const hasWireguard = tunnels.supported() === undefined;
tunnels.close();
const skip = hasWireguard && "this kernel has WireGuard; npm run vm runs encrypted networks";

let lab: ClusterLab;
let host: ClusterHost;
before(async () => {
  lab = await ClusterLab.create({ hosts: 1, store: "etcd" });
  host = lab.host(1);
});
after(() => lab[Symbol.asyncDispose]());

const noWireguard = "the kernel of this host has no WireGuard (the module wireguard, in Linux since 5.6)";

test("ENC-13: an encrypted network is refused on a host without WireGuard, and leaves nothing", { skip }, async () => {
  const [networks, kernel] = [await host.fairlead("network", "ls"), await host.snapshot()];
  for (const option of ["encrypted", "encrypted=true"]) {
    const { code, stderr } = await host.cli("network", "create", "-d", "overlay", "-o", option, "secret");
    assert.notEqual(code, 0);
    assert.ok(stderr.includes(`Cannot use network secret: it is encrypted, and ${noWireguard}`), stderr);
  }
  assert.deepEqual([await host.fairlead("network", "ls"), await host.snapshot()], [networks, kernel]);
  await host.fairlead("network", "create", "-d", "overlay", "-o", "encrypted=false", "secret");
  await host.fairlead("network", "rm", "secret");
});

/** Makes the record of a network in the store say that it is encrypted, as another host would have written it. */
async function encrypt(name: string): Promise<void> {
  const { Id } = await inspect<{ Id: string }>(host, name);
  const key = base64(`fairlead/networks/${Id}`);
  const { kvs: [entry] = [] } = await ask<{ kvs?: { value: string }[] }>("range", { key });
  const record = JSON.parse(Buffer.from(entry?.value ?? "", "base64").toString());
  record.network.options.encrypted = "";
  await ask("put", { key, value: base64(JSON.stringify(record)) });
}
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** etcd's JSON gateway: https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/ */
const ask = async <T>(what: string, body: object): Promise<T> => {
  const url = `${lab.store.url.replace("etcd:", "http:").replace(/,.*/, "")}/v3/kv/${what}`;
  return JSON.parse(await host.run("curl", "--silent", "--fail", url, "--data", JSON.stringify(body))) as T;
};

test("ENC-13: nor does a container join an encrypted network that another host made, and nothing is half-made", {
  skip,
}, async () => {
  await host.fairlead("network", "create", "-d", "overlay", "far");
  await stay(host, "there");
  await encrypt("far");
  const options = async () => (await inspect<{ Options: Record<string, string> }>(host, "far")).Options;
  await eventually("far is encrypted", options, (found) => "encrypted" in found);
  const before = await host.snapshot();
  for (const argv of [
    ["network", "connect", "far", "there"],
    ["run", "-d", "--name", "new", "--network", "far", "--rootfs", "host", "sleep", "infinity"],
  ]) {
    const { code, stderr } = await host.cli(...argv);
    assert.notEqual(code, 0);
    assert.ok(stderr.includes(`Cannot use network far: it is encrypted, and ${noWireguard}`), stderr);
  }
  assert.deepEqual(await host.snapshot(), before);
  assert.equal(await host.fairlead("repair", "--dry-run"), "Kernel and store agree: nothing to repair");
});

test("ENC-16: cluster rotate-key is refused on a host without WireGuard", { skip }, async () => {
  const { code, stderr } = await host.cli("cluster", "rotate-key");
  assert.notEqual(code, 0);
  assert.ok(stderr.includes(`Cannot change the key of host host1: ${noWireguard}`), stderr);
});
