import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { callApi, clear, refusal } from "../../lab/api.ts";
import { Host } from "../../lab/host.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();
afterEach(() => clear(host));

const run = (name: string, mode: string, ...options: string[]) =>
  host.fairlead("run", "-d", "--rootfs", "host", "--name", name, "--network", mode, ...options, "sleep", "infinity");
const inside = (container: string, ...argv: string[]) => host.fairlead("exec", container, ...argv);
const namespace = (container: string) => inside(container, "readlink", "/proc/self/ns/net");
const netnsOfHost = async () => (await host.run("readlink", "/proc/self/ns/net")).trim();

test("EP-7 driver host: the container sees the host's own interfaces, and nothing is made for it", async () => {
  const before = await host.snapshot();
  await run("one", "host");
  assert.equal(await namespace("one"), await netnsOfHost());
  assert.match(await inside("one", "ip", "-br", "link"), /^fairlead0 /m);
  assert.equal(await inside("one", "hostname"), (await host.run("hostname")).trim());
  const { body } = await callApi<{ NetworkSettings: { Networks: object; SandboxID: string } }>(
    host,
    "GET",
    "/containers/one/json",
  );
  assert.deepEqual(Object.keys(body.NetworkSettings.Networks), ["host"]);
  // A listener in it is the host's.
  await host.fairlead("exec", "-d", "one", "nc", "-l", "-k", "127.0.0.1", "7070");
  await host.run("sh", "-c", "for n in $(seq 100); do nc -z 127.0.0.1 7070 && exit; sleep 0.05; done; exit 1");
  assert.deepEqual(await host.snapshot(), before);
});

test("EP-8 driver none: loopback only, up, and no way out", async () => {
  await run("one", "none");
  assert.notEqual(await namespace("one"), await netnsOfHost());
  assert.match(await inside("one", "ip", "-br", "addr"), /^lo +UNKNOWN +127\.0\.0\.1\/8 ::1\/128 *$/);
  assert.equal(await inside("one", "ip", "route"), "");
  await inside("one", "ping", "-c1", "-W5", "127.0.0.1");
  assert.notEqual((await host.cli("exec", "one", "ping", "-c1", "-W1", "172.17.0.1")).code, 0);
});

test("EP-8 a container leaves none for another network, and only then", async () => {
  await host.fairlead("network", "create", "web");
  await run("one", "none");
  assert.match((await host.cli("network", "connect", "web", "one")).stderr, /private \(none\) mode/);
  await host.fairlead("network", "disconnect", "none", "one");
  await host.fairlead("network", "connect", "web", "one");
  assert.match(await inside("one", "ip", "-br", "addr", "show", "eth0"), /172\./);
});

test("EP-9 container:NAME shares the other's interfaces, loopback, names and addresses", async () => {
  await run("creator", "bridge");
  await run("joiner", "container:creator");
  assert.equal(await namespace("joiner"), await namespace("creator"));
  assert.equal(await inside("joiner", "hostname"), await inside("creator", "hostname"));
  for (const file of ["/etc/hosts", "/etc/resolv.conf"])
    assert.equal(await inside("joiner", "cat", file), await inside("creator", "cat", file));
  await host.fairlead("exec", "-d", "joiner", "nc", "-l", "-k", "127.0.0.1", "7070");
  await inside("creator", "sh", "-c", "for n in $(seq 100); do nc -z 127.0.0.1 7070 && exit; sleep 0.05; done; exit 1");
  // Joining a joiner is joining the creator; joining one on the host's network is being there too.
  await run("third", "container:joiner");
  assert.equal(await namespace("third"), await namespace("creator"));
  await run("on-host", "host");
  await run("with-host", "container:on-host");
  assert.equal(await namespace("with-host"), await netnsOfHost());
});

test("EP-9 the sandbox survives a restart of its creator while somebody uses it, and goes with the last", async () => {
  await host.fairlead("network", "create", "web");
  await host.fairlead("network", "create", "back");
  const before = await host.snapshot();
  await run("creator", "web", "-p", "8080:80");
  await run("joiner", "container:creator");
  await host.fairlead("exec", "-d", "joiner", "nc", "-l", "-k", "80");
  const reachable = (port: string) =>
    host.run("sh", "-c", `for n in $(seq 100); do nc -z 127.0.0.1 ${port} && exit; sleep 0.05; done; exit 1`);
  await reachable("8080");
  const [home, address] = [await namespace("joiner"), await inside("joiner", "ip", "-br", "addr")];
  await host.fairlead("restart", "-t", "0", "creator");
  assert.deepEqual([await namespace("joiner"), await namespace("creator")], [home, home]);
  assert.equal(await inside("creator", "ip", "-br", "addr"), address);
  await reachable("8080");
  // Stopped, its sandbox stays, is changed and published to, and a new daemon takes it over.
  await host.fairlead("stop", "-t", "0", "creator");
  assert.equal(await inside("joiner", "ip", "-br", "addr"), address);
  await host.fairlead("network", "connect", "back", "creator");
  assert.match(await inside("joiner", "ip", "-br", "addr", "show", "eth1"), /172\./);
  assert.match(await refusal(host, "DELETE", "/networks/web"), /^403 .*\(creator\)/);
  assert.match(await refusal(host, "DELETE", "/containers/creator"), /^409 .*shared by joiner/);
  await host.killDaemon();
  await host.startDaemon();
  await reachable("8080");
  await host.fairlead("start", "creator");
  assert.equal(await namespace("creator"), home);
  await host.fairlead("stop", "-t", "0", "creator", "joiner");
  assert.deepEqual(await host.snapshot(), before);
  await host.fairlead("start", "creator", "joiner");
  assert.equal(await namespace("joiner"), await namespace("creator"));
});

test("LIFE-25 rm -f takes a creator away whose sandbox others use: they go on in it, on no network any more", async () => {
  const before = await host.snapshot();
  await host.fairlead("network", "create", "web");
  await run("creator", "web", "-p", "8080:80");
  await run("joiner", "container:creator");
  const own = await namespace("joiner");
  assert.match((await host.cli("rm", "creator")).stderr, /stop the container before removing or force remove/);
  await host.fairlead("rm", "-f", "creator");
  assert.equal(await namespace("joiner"), own);
  assert.doesNotMatch(await inside("joiner", "ip", "-br", "link"), /eth0/);
  assert.equal(await host.fairlead("repair", "--dry-run"), "Kernel and store agree: nothing to repair");
  await host.fairlead("network", "rm", "web");
  await run("other", "bridge", "-p", "8080:80");
  await host.fairlead("rm", "-f", "other");
  assert.match(
    (await host.cli("restart", "-t", "0", "joiner")).stderr,
    /has been removed; remove it and create it anew/,
  );
  await host.fairlead("rm", "-f", "joiner");
  assert.deepEqual(await host.snapshot(), before);
});

test("LIFE-25 what goes on in the sandbox of a removed creator outlives the daemon, and leaves nothing", async () => {
  const before = await host.snapshot();
  await run("creator", "bridge");
  await run("joiner", "container:creator");
  await host.fairlead("rm", "-f", "creator");
  await host.killDaemon();
  await host.startDaemon();
  assert.match(await inside("joiner", "ip", "-br", "addr"), /^lo /);
  await host.fairlead("rm", "-f", "joiner");
  assert.deepEqual(await host.snapshot(), before);
});

test("LIFE-25 docker rm -f of creator and sharers at once removes them all", async () => {
  for (let round = 0; round < 5; round++) {
    await run("creator", "bridge");
    await run("one", "container:creator");
    await run("two", "container:creator");
    const { code, stderr } = await host.docker("rm", "-f", "creator", "one", "two");
    assert.deepEqual([code, stderr], [0, ""]);
  }
});

test("EP-9 joining what is not there is 404, what does not run 409, and what makes no sense 400", async () => {
  assert.match(
    (await host.cli("run", "--rootfs", "host", "--network", "container:nobody", "true")).stderr,
    /No such container: nobody/,
  );
  await host.fairlead("create", "--rootfs", "host", "--name", "asleep", "sleep", "infinity");
  await host.fairlead("create", "--rootfs", "host", "--name", "one", "--network", "container:asleep", "true");
  assert.match(await refusal(host, "POST", "/containers/one/start"), /^409 .*network of asleep, which is not running/);
  const conflicts = [
    ["-p", "80:80"],
    ["--dns", "192.0.2.1"],
    ["--hostname", "box"],
    ["--add-host", "a:192.0.2.1"],
    ["--network", "bridge"],
    ["--mac-address", "02:00:00:00:00:01"],
    ["--ip", "10.5.0.5"],
    ["--network-alias", "www"],
  ];
  for (const options of conflicts) {
    const { code, stderr } = await host.cli(
      "create",
      "--rootfs",
      "host",
      "--network",
      "container:asleep",
      ...options,
      "true",
    );
    assert.notEqual(code, 0, options.join(" "));
    assert.match(stderr, /conflicting options/, options.join(" "));
  }
});
