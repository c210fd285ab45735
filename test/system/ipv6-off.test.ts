import assert from "node:assert/strict";
import { after, test } from "node:test";
import { callApi } from "../../lab/api.ts";
import { dockerCli } from "../../lab/docker-cli.ts";
import { Host } from "../../lab/host.ts";
import { importBusybox } from "../../lab/images/import-busybox.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon("--ipv6");
await importBusybox(host);
const { docker, failure } = dockerCli(host);
await docker("network", "create", "--ipv6", "both");
await docker("run", "-d", "--name=asks", "--network=both", "busybox", "top");

/** Made by the API: 20.10's CLI has no options for endpoints. */
async function runOn(name: string, network: string, sysctls: { container?: object; endpoint?: string }) {
  const DriverOpts = sysctls.endpoint ? { "com.docker.network.endpoint.sysctls": sysctls.endpoint } : {};
  const HostConfig = {
    NetworkMode: network,
    Sysctls: sysctls.container ?? {},
    PortBindings: { "80/tcp": [{ HostPort: "8080" }] },
  };
  const body = { Image: "busybox", Cmd: ["top"], ExposedPorts: { "80/tcp": {} }, HostConfig };
  const NetworkingConfig = { EndpointsConfig: { [network]: { DriverOpts } } };
  const made = await callApi(host, "POST", `/containers/create?name=${name}`, { ...body, NetworkingConfig });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  await docker("start", name);
}

/** That a container is on a network with its IPv4 address, and knows no IPv6 there. */
async function hasNone(name: string, network: string) {
  assert.doesNotMatch(await docker("exec", name, "ip", "address", "show", "eth0"), /inet6/);
  const [{ NetworkSettings }] = JSON.parse(await docker("inspect", name));
  const { GlobalIPv6Address, GlobalIPv6PrefixLen, IPv6Gateway, IPAddress } = NetworkSettings.Networks[network];
  assert.deepEqual([GlobalIPv6Address, GlobalIPv6PrefixLen, IPv6Gateway], ["", 0, ""]);
  assert.match(IPAddress, /^172\./);
  assert.deepEqual(NetworkSettings.Ports["80/tcp"], [{ HostIp: "0.0.0.0", HostPort: "8080" }]);
  assert.doesNotMatch(await docker("exec", name, "cat", "/etc/hosts"), new RegExp(`^fd.*\\s${name}`, "m"));
  assert.match(await host.fairlead("repair", "--dry-run"), /agree/);
}

for (const [who, network, sysctls] of [
  ["a container", "both", { container: { "net.ipv6.conf.all.disable_ipv6": "1" } }],
  ["an endpoint", "both", { endpoint: "net.ipv6.conf.IFNAME.disable_ipv6=1" }],
  ["an endpoint on the default network", "bridge", { endpoint: "net.ipv6.conf.IFNAME.disable_ipv6=1" }],
] as const)
  test(`EP-15 ${who} with IPv6 turned off by a sysctl has no address of it, before and after a restart`, async () => {
    await runOn("off", network, sysctls);
    await hasNone("off", network);
    await docker("restart", "-t0", "off");
    await hasNone("off", network);
    if (network === "both") {
      await docker("exec", "asks", "ping", "-4", "-c1", "-W5", "off");
      assert.match(await failure("exec", "asks", "ping", "-6", "-c1", "-W1", "off"), /bad address/);
    }
    await docker("rm", "-f", "off");
  });
