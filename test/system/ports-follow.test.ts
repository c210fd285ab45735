import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { callApi, clear, refusal } from "../../lab/api.ts";
import { Host } from "../../lab/host.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();
afterEach(() => clear(host));

const network = (name: string, ...options: string[]) => host.fairlead("network", "create", ...options, name);
const run = (name: string, ...options: string[]) =>
  host.fairlead(
    ...["run", "-d", "--rootfs", "host", "--name", name, "--stop-signal", "KILL", ...options],
    "sleep",
    "99",
  );
const connect = (name: string, Container: string) => refusal(host, "POST", `/networks/${name}/connect`, { Container });
const disconnect = (name: string, container: string) => host.fairlead("network", "disconnect", name, container);
/** Lines of `port`, sorted. */
const ports = async (container: string) => (await host.fairlead("port", container)).split("\n").filter(Boolean).sort();
const agree = async () => assert.match(await host.fairlead("repair", "--dry-run"), /agree/);
/** What answers on a port of the host, from a server in the container, which begins to listen anew for each. */
const answer = (port: number) =>
  host.run(
    "sh",
    "-c",
    `for i in $(seq 50); do nc -N -w 2 127.0.0.1 ${port} </dev/null && exit; sleep 0.1; done; exit 1`,
  );

test("PORT-12 ports are published once a network leads outside, and withdrawn with the last that does", async () => {
  await network("inner", "--internal");
  await network("outer");
  await network("six", "--ipv6");
  await run("web", "--network", "inner", "-p", "9100:80", "-p", "9200:82/udp", "-p", "83");
  await host.fairlead("exec", "-d", "web", "sh", "-c", "while echo web | nc -N -l 80; do :; done");
  assert.deepEqual(await ports("web"), []);
  await host.fairlead("network", "connect", "outer", "web");
  const [first = "", second, third = ""] = await ports("web");
  assert.deepEqual([first, second], ["80/tcp -> 0.0.0.0:9100", "82/udp -> 0.0.0.0:9200"]);
  assert.equal((await answer(9100)).trim(), "web");
  await host.fairlead("network", "connect", "six", "web");
  const both = await ports("web");
  assert.deepEqual(
    both.filter((line) => line.includes("[::]")),
    [first, second, third].map((line) => line?.replace("0.0.0.0", "[::]")),
  );
  await agree();
  await disconnect("six", "web");
  await disconnect("outer", "web");
  assert.deepEqual(await ports("web"), []);
  await agree();
  await run("next", "--network", "outer", "-p", "9100:80");
});

test("PORT-12 a connect whose ports are taken is refused naming the owner, and changes nothing", async () => {
  await network("inner", "--internal");
  await network("outer");
  await run("first", "--network", "outer", "-p", "9100:80");
  await run("second", "--network", "inner", "-p", "9101:80", "-p", "9100:80");
  assert.match(await connect("outer", "second"), /^500 .*9100 failed: port is already allocated to container first/);
  const { body } = await callApi<{ NetworkSettings: { Networks: object } }>(host, "GET", "/containers/second/json");
  assert.deepEqual([Object.keys(body.NetworkSettings.Networks), await ports("second")], [["inner"], []]);
  await agree();
  await run("third", "--network", "outer", "-p", "9101:80");
});

test("PORT-13 a port of -P that was withdrawn does not come back with the next start", async () => {
  await network("outer");
  await run("web", "--network", "outer", "-P", "--expose", "81", "--expose", "82");
  await host.fairlead("port", "rm", "web", "81");
  await host.fairlead("restart", "web");
  const [line = "", ...others] = await ports("web");
  assert.match(line, /^82\/tcp/);
  assert.deepEqual(others, []);
});

test("PORT-13 ports of an ended container whose network others share are added and removed at once", async () => {
  await network("outer");
  await run("creator", "--network", "outer", "-p", "9001:80");
  await run("joiner", "--network", "container:creator");
  await host.fairlead("stop", "creator");
  await host.fairlead("port", "add", "creator", "9002:80");
  await host.fairlead("exec", "-d", "joiner", "sh", "-c", "while echo joiner | nc -N -l 80; do :; done");
  assert.equal((await answer(9002)).trim(), "joiner");
  await host.killDaemon();
  await host.startDaemon();
  assert.equal((await answer(9001)).trim(), "joiner");
  await host.fairlead("port", "rm", "creator", "9001:80");
  await host.fairlead("start", "creator");
  assert.deepEqual(await ports("creator"), ["80/tcp -> 0.0.0.0:9002"]);
  await host.fairlead("rm", "-f", "joiner");
});

test("CTR-6 a running container is renamed, and its links and ports carry the new name", async () => {
  await network("outer");
  await run("old", "--network", "outer", "-p", "9100:80");
  await host.fairlead("rename", "old", "new");
  await agree();
  assert.match(await host.run("ip", "link", "show", "type", "veth"), /alias .* new on outer/);
  await run("second", "--network", "outer");
  assert.match(await host.fairlead("exec", "second", "getent", "hosts", "new"), /new/);
});
