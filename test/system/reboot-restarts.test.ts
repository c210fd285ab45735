import assert from "node:assert/strict";
import { after, test } from "node:test";
import { EventLog } from "../../lab/event-log.ts";
import { Host } from "../../lab/host.ts";
import { run } from "../../lab/process.ts";
import { Client } from "../../src/client/client.ts";
import { body } from "./traffic/load.ts";

const clientOf = (host: Host) => new Client({ kind: "unix", path: host.pathOf(host.socket), text: host.socket });
const before = await Host.create("before");
const host = await Host.create("after");
after(() => host[Symbol.asyncDispose]());

const sleep = ["sleep", "1000"];
const policy = (Name: string, more: object = {}) => ({ RestartPolicy: { Name }, ...more });

async function make(client: Client, name: string, command: readonly string[], hostConfig: object): Promise<void> {
  await client.containers.create(name, body("web", command, hostConfig));
  await client.containers.start(name);
}

const addressOf = async (of: Host, name: string) =>
  of.fairlead("inspect", name, "--format", "{{.NetworkSettings.Networks.web.IPAddress}}");

test("LIFE-7 after a reboot of the machine what the policies want runs again, with its address and ports", async () => {
  await before.startDaemon();
  const client = clientOf(before);
  await client.networks.create({ Name: "web", Driver: "bridge" });
  const PortBindings = { "80/tcp": [{ HostIp: "", HostPort: "8080" }] };
  const echo = ["socat", "TCP-LISTEN:80,fork,reuseaddr", "EXEC:head -n 1"];
  await make(client, "server", echo, policy("always", { PortBindings }));
  await make(client, "joined", sleep, { ...policy("always"), NetworkMode: "container:server" });
  await make(client, "paused", sleep, policy("unless-stopped"));
  await make(client, "failed", sleep, policy("on-failure"));
  await make(client, "done", ["true"], policy("on-failure"));
  await make(client, "stopped", sleep, policy("unless-stopped"));
  await make(client, "plain", sleep, {});
  await client.containers.stop("stopped");
  await client.containers.pause("paused");
  const address = await addressOf(before, "server");

  await before.killDaemon();
  await run(["cp", "-a", `${before.pathOf(before.folder)}/data/.`, host.pathOf(`${host.folder}/data`)]);
  await before[Symbol.asyncDispose]();
  await host.startDaemon();

  const next = clientOf(host);
  const running = async () =>
    (await next.containers.list()).filter(({ State }) => State === "running").map(({ Names }) => Names[0]);
  const events = await EventLog.open(next);
  const wanted = ["/failed", "/joined", "/paused", "/server"];
  for (let names = await running(); names.length < wanted.length; names = await running()) await events.next("start");
  assert.deepEqual((await running()).sort(), wanted);
  assert.equal(await addressOf(host, "server"), address);
  const ask = "exec 3<>/dev/tcp/127.0.0.1/8080 && echo hello >&3 && head -n 1 <&3";
  assert.equal((await host.run("bash", "-c", ask)).trim(), "hello");
});
