import assert from "node:assert/strict";
import { after, test } from "node:test";
import { daemonCommand } from "../../lab/daemon.ts";
import { Host } from "../../lab/host.ts";
import { ending, lineOf } from "../../lab/process.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
const { dataRoot } = host.roots;
const run = ["run", "-d", "--rootfs", "host", "--stop-signal", "KILL"];

test("API-16 a host that has IPv6 switched off has networks with IPv6, and a daemon that starts again", async () => {
  await host.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1");
  await host.startDaemon("--ipv6");
  await host.fairlead("network", "create", "--ipv6", "six");
  for (const name of ["one", "two"])
    await host.fairlead(...run, "--name", name, "--network", "six", "sleep", "infinity");
  await host.killDaemon();
  await host.startDaemon("--ipv6");
  assert.match(await host.fairlead("repair", "--dry-run"), /agree/);
  await host.fairlead("exec", "one", "ping", "-6", "-c1", "-W5", "two");
  await host.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=0", "net.ipv6.conf.default.disable_ipv6=0");
  await host.fairlead("repair");
  assert.match(await host.run("ip", "-6", "addr", "show", "dev", "lo"), /fd6a:1e4d:0:1::1/);
  await host.fairlead("rm", "-f", "one", "two");
  await host.fairlead("network", "rm", "six");
  await host.killDaemon("SIGTERM");
});

test("API-16 whatever the umask of who starts the daemon, users of containers read their DNS and hosts files", async () => {
  const daemon = host.spawn(["sh", "-c", 'umask 077; exec "$@"', "sh", ...daemonCommand(host)]);
  await lineOf(daemon, /"msg":"ready"/, "the daemon");
  await host.fairlead(...run, "--name", "kept", "-u", "1000:1000", "sleep", "infinity");
  const read = await host.fairlead("exec", "kept", "cat", "/etc/resolv.conf", "/etc/hosts", "/etc/hostname");
  assert.match(read, /^nameserver .+localhost/ms);
  await host.fairlead("rm", "-f", "kept");
  await host.run("sh", "-c", `kill "$(cat ${host.folder}/pid)"`);
  assert.deepEqual(await ending(daemon), [0, null]);
});

test("API-16 a daemon with a new store leaves containers alone that it does not know, and says what to do", async () => {
  await host.startDaemon();
  await host.fairlead(...run, "--name", "kept", "sleep", "infinity");
  await host.killDaemon();
  await host.run("sh", "-c", `mkdir ${host.folder}/former && mv ${dataRoot}/fairlead.db* ${host.folder}/former/`);
  const refusal = /there are 1 containers in .*data.containers that it does not know; put the former store back/;
  await assert.rejects(host.startDaemon(), refusal);
  await assert.rejects(host.startDaemon(), refusal);
  await host.run("sh", "-c", `rm ${dataRoot}/fairlead.db*; mv ${host.folder}/former/* ${dataRoot}/`);
  await host.startDaemon();
  assert.equal(await host.fairlead("exec", "kept", "echo", "alive"), "alive");
  await host.fairlead("rm", "-f", "kept");
});
