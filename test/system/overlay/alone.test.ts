import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Host } from "../../../lab/host.ts";

let host: Host;
before(async () => {
  host = await Host.create();
  await host.startDaemon();
});
after(() => host[Symbol.asyncDispose]());

const run = (name: string, ...args: string[]) =>
  host.fairlead("run", "-d", "--name", name, ...args, "--rootfs", "host", "sleep", "infinity");

test("OVL-1: overlay networks work on a host that is alone, and are in its kernel only while they are used", async () => {
  const before = await host.snapshot();
  await host.fairlead("network", "create", "-d", "overlay", "--subnet", "10.0.9.0/24", "--ipv6", "my-net");
  assert.deepEqual(await host.snapshot(), before);
  await run("web", "--network", "my-net", "--network-alias", "www");
  await run("db", "--network", "my-net");
  for (const name of ["web", "www", "10.0.9.1"]) await host.fairlead("exec", "db", "ping", "-c1", "-W5", name);
  await host.fairlead("exec", "db", "ping", "-6", "-c1", "-W5", "web");
  const [inspected] = JSON.parse(await host.fairlead("network", "inspect", "my-net"));
  assert.deepEqual([inspected.Scope, inspected.Driver], ["global", "overlay"]);
  assert.equal(await host.fairlead("repair", "--dry-run"), "Kernel and store agree: nothing to repair");
  await host.fairlead("rm", "-f", "web", "db");
  await host.fairlead("network", "rm", "my-net");
  assert.deepEqual(await host.snapshot(), before);
});

test("OVL-2: containers of an overlay outlive their daemon, and are found again", async () => {
  await host.fairlead("network", "create", "-d", "overlay", "again");
  await run("one", "--network", "again");
  await run("two", "--network", "again", "-p", "8080:80");
  await host.killDaemon();
  await host.startDaemon();
  await host.fairlead("exec", "two", "ping", "-c1", "-W5", "one");
  assert.equal(await host.fairlead("repair", "--dry-run"), "Kernel and store agree: nothing to repair");
  await host.fairlead("network", "disconnect", "again", "one");
  await host.fairlead("network", "connect", "again", "one");
  await host.fairlead("exec", "two", "ping", "-c1", "-W5", "one");
  await host.fairlead("rm", "-f", "one", "two");
  await host.fairlead("network", "rm", "again");
});
