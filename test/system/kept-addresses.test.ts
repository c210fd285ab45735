import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear, refusal } from "../../lab/api.ts";
import { Host } from "../../lab/host.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();
afterEach(() => clear(host));

const run = (name: string, ...options: string[]) =>
  host.fairlead("run", "-d", "--rootfs", "host", "--name", name, "--network", "web", ...options, "sleep", "infinity");
const stop = (name: string) => host.fairlead("kill", name).then(() => host.fairlead("wait", name));
const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.GlobalIPv6Address}}{{end}}";
const addresses = (name: string) => host.fairlead("inspect", "--format", format, name);
const make = () =>
  host.fairlead("network", "create", "--subnet", "10.5.0.0/24", "--subnet", "fd05::/64", "--ipv6", "web");

test("EP-13 a stopped container gives its address to one that wants it by name, and gets another at its start", async () => {
  await make();
  await run("old");
  assert.equal(await addresses("old"), "10.5.0.2 fd05::2");
  assert.match(await refusal(host, "POST", "/networks/web/connect", asks("10.5.0.2")), /^404/); // nobody to connect yet
  await host.fairlead("create", "--rootfs", "host", "--name", "apart", "--network", "none", "true");
  await host.fairlead("network", "disconnect", "none", "apart");
  await run("live");
  const live = { ...asks("10.5.0.2"), Container: "live" };
  await host.fairlead("network", "disconnect", "web", "live");
  assert.match(await refusal(host, "POST", "/networks/web/connect", live), /^403 .*belongs to container old/);
  await host.fairlead("rm", "-f", "live");
  await stop("old");
  await run("new", "--ip", "10.5.0.2", "--ip6", "fd05::2");
  assert.equal(await addresses("new"), "10.5.0.2 fd05::2");
  await host.fairlead("start", "old");
  assert.equal(await addresses("old"), "10.5.0.4 fd05::4");
});

test("EP-13 two that want one address by name: who starts has it; the other is refused until it is free", async () => {
  await make();
  await run("first", "--ip", "10.5.0.9");
  await stop("first");
  await run("second", "--ip", "10.5.0.9");
  assert.match((await host.cli("start", "first")).stderr, /10\.5\.0\.9 belongs to container second/);
  await host.killDaemon();
  await host.startDaemon();
  assert.match((await host.cli("start", "first")).stderr, /10\.5\.0\.9 belongs to container second/);
  await stop("second");
  await host.fairlead("start", "first");
  assert.match(await addresses("first"), /^10\.5\.0\.9 /);
  await host.fairlead("rm", "second");
  assert.match(await host.fairlead("exec", "first", "ip", "-4", "addr", "show", "eth0"), /inet 10\.5\.0\.9\/24/);
});

test("EP-13 a container is made for an address that another one runs with, and has it once that one is gone", async () => {
  await make();
  const asked = ["--network", "web", "--ip", "10.5.0.9", "--ip6", "fd05::9"];
  await run("old", ...asked.slice(2));
  const before = await host.snapshot();
  await host.fairlead("create", "--rootfs", "host", "--name", "new", ...asked, "sleep", "infinity");
  assert.match((await host.cli("start", "new")).stderr, /10\.5\.0\.9 belongs to container old/);
  await host.killDaemon();
  await host.startDaemon();
  assert.deepEqual([await host.snapshot(), await addresses("old")], [before, "10.5.0.9 fd05::9"]);
  await host.fairlead("rm", "-f", "old");
  await host.fairlead("rename", "new", "old");
  await host.fairlead("start", "old");
  assert.equal(await addresses("old"), "10.5.0.9 fd05::9");
});

test("EP-13 a connect that is refused for another reason leaves the stopped container its address", async () => {
  await make();
  await run("kept", "--ip", "10.5.0.7");
  await stop("kept");
  await host.fairlead("create", "--rootfs", "host", "--name", "apart", "--network", "none", "true");
  await host.fairlead("network", "disconnect", "none", "apart");
  const asked = {
    Container: "apart",
    EndpointConfig: { IPAMConfig: { IPv4Address: "10.5.0.7", IPv6Address: "fd05::1" } },
  };
  assert.match(await refusal(host, "POST", "/networks/web/connect", asked), /^403 .*belongs to the gateway/);
  await host.fairlead("create", "--rootfs", "host", "--name", "next", "--network", "web", "true");
  await host.fairlead("start", "kept");
  assert.match(await addresses("kept"), /^10\.5\.0\.7 /);
});

test("EP-14 on a network that announces nothing a neighbour finds out by itself", async () => {
  const silent = ["--opt", "com.docker.network.advertise_addr_nmsgs=0", "--subnet", "10.98.0.0/24"];
  await host.fairlead("network", "create", ...silent, "silent");
  const run = (name: string, ...more: string[]) =>
    host.fairlead("run", "-d", "--rootfs", "host", "--network", "silent", "--name", name, ...more, "sleep", "infinity");
  await run("asker");
  const known = async () =>
    (await host.fairlead("exec", "asker", "ip", "neigh", "show", "10.98.0.9")).replace(/.*lladdr (\S+).*/s, "$1");
  await run("before", "--ip", "10.98.0.9");
  await host.fairlead("exec", "asker", "ping", "-q", "-c", "1", "-w", "3", "10.98.0.9");
  const mac = await known();
  await host.fairlead("rm", "-f", "before");
  await run("after", "--ip", "10.98.0.9");
  assert.equal(await known(), mac);
  const wrong = { Name: "odd", Options: { "com.docker.network.advertise_addr_ms": "99" } };
  assert.match(await refusal(host, "POST", "/networks/create", wrong), /^400 com.*must be in the range 100 to 2000$/);
});

function asks(IPv4Address: string) {
  return { Container: "apart", EndpointConfig: { IPAMConfig: { IPv4Address } } };
}

test("EP-14 an address that comes to another container is reached there at once, by the host and by neighbours", async () => {
  const address = ["10.99.0.9", "fd99::9"];
  await host.fairlead("network", "create", "--ipv6", "--subnet", "10.99.0.0/24", "--subnet", "fd99::/64", "swap");
  const run = (name: string, ...more: string[]) =>
    host.fairlead("run", "-d", "--rootfs", "host", "--network", "swap", "--name", name, ...more, "sleep", "infinity");
  const holder = (name: string) => run(name, "--ip", "10.99.0.9", "--ip6", "fd99::9");
  await run("neighbour");
  const reached = async () => {
    for (const each of address) {
      const ping = ["ping", "-q", "-c", "1", "-i", "0.1", "-w", "3", each];
      assert.equal((await host.exec(ping)).code, 0, `the host reaches ${each}`);
      await host.fairlead("exec", "neighbour", ...ping);
    }
  };
  await holder("former");
  await reached();
  await host.fairlead("rm", "-f", "former");
  await holder("next");
  // It did not hear of itself: the kernel takes that for a conflict, and says so to the operator.
  const heard = await host.fairlead("exec", "next", "grep", "Icmp6InNeighborAdvertisements", "/proc/net/snmp6");
  assert.match(heard, /\s0$/);
  await reached();
  await host.fairlead("network", "disconnect", "swap", "next");
  await run("third");
  await host.fairlead("rm", "-f", "third");
  await host.fairlead("network", "connect", "--ip", "10.99.0.9", "--ip6", "fd99::9", "swap", "next");
  await reached();
});
