import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { callApi, refusal } from "../../lab/api.ts";
import { Host } from "../../lab/host.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());

const run = (name: string, ...options: string[]) =>
  host.fairlead(
    ...["run", "-d", "--rootfs", "host", "--name", name, "--stop-signal", "KILL", ...options],
    "sleep",
    "99",
  );

test("API-10 the settings of dockerd that have a meaning here take effect", async () => {
  await host.run("sh", "-c", "echo 0 >/proc/sys/net/ipv4/ip_forward");
  const bridge = ["--bip", "10.77.0.1/24", "--fixed-cidr", "10.77.0.128/25", "--mtu", "1300", "--ip", "127.0.0.1"];
  const pools = ["--default-address-pool", "base=10.88.0.0/16,size=28"];
  const options = ["--default-network-opt", "bridge=com.docker.network.driver.mtu=1200"];
  const names = ["--dns", "192.0.2.53", "--dns-search", "corp.example", "--dns-opt", "timeout:1"];
  const rest = ["--ip-forward=false", "--ipv6", "--icc=false", "--host-gateway-ip", "192.0.2.9"];
  await host.startDaemon(...bridge, ...pools, ...options, ...names, ...rest);
  assert.equal(await host.run("cat", "/proc/sys/net/ipv4/ip_forward"), "0\n");
  await host.fairlead("network", "create", "web");
  assert.match(await host.fairlead("network", "inspect", "web"), /"Subnet": "10\.88\.0\.0\/28"/);
  await run("one", "-p", "8080:80", "--add-host", "host.docker.internal:host-gateway");
  await run("two", "--network", "web");
  const inside = (container: string, ...argv: string[]) => host.fairlead("exec", container, ...argv);
  const [first = ""] = (await inside("one", "hostname", "-I")).split(" ");
  assert.match(first, /^10\.77\.0\.(12[89]|1[3-9]\d|2\d\d)$/);
  assert.match(await inside("one", "ip", "-4", "route"), /default via 10\.77\.0\.1 /);
  assert.match(await inside("one", "ip", "link", "show", "eth0"), /mtu 1300 /);
  assert.match(await inside("two", "ip", "link", "show", "eth0"), /mtu 1200 /);
  assert.match(
    await inside("one", "cat", "/etc/resolv.conf"),
    /192\.0\.2\.53(.|\n)*search corp\.example\noptions timeout:1 /,
  );
  assert.match(await inside("one", "cat", "/etc/hosts"), /192\.0\.2\.9\thost\.docker\.internal/);
  assert.match(await host.fairlead("port", "one"), /^80\/tcp -> 127\.0\.0\.1:8080$/);
  assert.match(await host.run("ip", "-6", "addr", "show", "dev", "lo"), /fd/);
  assert.match(await host.fairlead("repair", "--dry-run"), /agree/);
});

test("API-10 a bridge that is not there is refused, and the daemon does not start", async () => {
  await using other = await Host.create();
  await assert.rejects(other.startDaemon("--bridge", "nosuchbridge"), /the host has no bridge \\?"nosuchbridge/);
});

test("API-8 a reset removes containers in the order their shared networks ask for", async () => {
  await run("joiner", "--network", "container:one");
  const before = await host.run("ip", "-br", "link", "show", "type", "bridge");
  assert.match(before, /fairlead0/);
  assert.match(await refusal(host, "POST", "/fairlead/reset"), /^200 /);
  assert.equal(await host.run("ip", "-br", "link", "show", "type", "bridge"), "");
});

test("API-14 containers that name no IPC and cgroup namespace have what the daemon's configuration says", async () => {
  await using host = await Host.create("second");
  const file = `${host.folder}/daemon.json`;
  writeFileSync(
    host.pathOf(file),
    JSON.stringify({ "default-ipc-mode": "shareable", "default-cgroupns-mode": "host" }),
  );
  await host.startDaemon("--config-file", file);
  const run = (name: string, ...options: string[]) =>
    host.fairlead("run", "-d", "--rootfs", "host", "--name", name, ...options, "sleep", "99");
  await run("plain");
  await run("said", "--ipc", "private", "--cgroupns", "private");
  await run("joiner", "--ipc", "container:plain");
  const shown = async (name: string) => {
    const { body } = await callApi<{ HostConfig: Record<string, string> }>(host, "GET", `/containers/${name}/json`);
    return [body.HostConfig["IpcMode"], body.HostConfig["CgroupnsMode"]];
  };
  assert.deepEqual(
    [await shown("plain"), await shown("said")],
    [
      ["shareable", "host"],
      ["private", "private"],
    ],
  );
  const namespace = async (container: string, kind: string) =>
    (await host.fairlead("exec", container, "readlink", `/proc/self/ns/${kind}`)).trim();
  const ofHost = (await host.run("readlink", "/proc/self/ns/cgroup")).trim();
  assert.equal(await namespace("plain", "cgroup"), ofHost);
  assert.notEqual(await namespace("said", "cgroup"), ofHost);
  assert.equal(await namespace("joiner", "ipc"), await namespace("plain", "ipc"));
  const { stderr } = await host.cli("run", "--rootfs", "host", "--ipc", "container:said", "true");
  assert.match(stderr, /non-shareable IPC/);
});
