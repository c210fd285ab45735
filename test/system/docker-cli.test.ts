import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear } from "../../lab/api.ts";
import { lacksNewDocker } from "../../lab/docker-version.ts";
import { Host } from "../../lab/host.ts";

const skip = lacksNewDocker();

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();
afterEach(() => clear(host));

/** `docker network ...` of the unmodified docker CLI, which must succeed. */
async function network(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await host.docker("network", ...args);
  assert.deepEqual([code, stderr], [0, ""], args.join(" "));
  return stdout.trimEnd();
}

/** The error that it prints; it must fail with 1. */
async function failure(...args: string[]): Promise<string> {
  const { code, stderr } = await host.docker("network", ...args);
  assert.equal(code, 1, args.join(" "));
  return stderr.trim();
}

async function inspect(name: string): Promise<Record<string, unknown>> {
  const [found] = JSON.parse(await network("inspect", name)) as Record<string, unknown>[];
  assert.ok(found);
  return found;
}

const run = (name: string, ...options: string[]) =>
  host.fairlead("run", "-d", "--rootfs", "host", "--name", name, ...options, "sleep", "infinity");
const settings = async (container: string, of: string) =>
  JSON.parse(
    (await host.docker("inspect", "-f", `{{json (index .NetworkSettings.Networks "${of}")}}`, container)).stdout,
  ) as Record<string, unknown>;

test("API-1 docker network create with every flag, and inspect shows what was asked for", { skip }, async () => {
  const ipv4 = ["--subnet", "10.5.0.0/16", "--ip-range", "10.5.8.0/24", "--gateway", "10.5.8.254"];
  const ipv6 = ["--ipv6", "--subnet", "fd05::/64", "--gateway", "fd05::fe"];
  const aux = ["--aux-address", "a=10.5.8.9", "--aux-address", "b=fd05::9"];
  const options = [
    "-d",
    "bridge",
    "-o",
    "com.docker.network.bridge.name=cli0",
    "--opt",
    "com.docker.network.driver.mtu=1400",
  ];
  const rest = [
    "--label",
    "a=1",
    "--label",
    "b",
    "--internal",
    "--attachable",
    "--scope",
    "local",
    "--ipam-driver",
    "default",
  ];
  const id = await network("create", ...ipv4, ...ipv6, ...aux, ...options, ...rest, "--ipam-opt", "x=y", "web");
  assert.match(id, /^[0-9a-f]{64}$/);
  const { Created, ...shown } = await inspect("web");
  assert.ok(Date.parse(String(Created)) > 0);
  assert.deepEqual(shown, {
    ...{ Name: "web", Id: id, Scope: "local", Driver: "bridge", EnableIPv4: true, EnableIPv6: true },
    IPAM: {
      Driver: "default",
      Options: { x: "y" },
      Config: [
        {
          Subnet: "10.5.0.0/16",
          IPRange: "10.5.8.0/24",
          Gateway: "10.5.8.254",
          AuxiliaryAddresses: { a: "10.5.8.9" },
        },
        { Subnet: "fd05::/64", Gateway: "fd05::fe", AuxiliaryAddresses: { b: "fd05::9" } },
      ],
    },
    ...{ Internal: true, Attachable: true, Ingress: false, ConfigFrom: { Network: "" }, ConfigOnly: false },
    Containers: {},
    Options: { "com.docker.network.bridge.name": "cli0", "com.docker.network.driver.mtu": "1400" },
    Labels: { a: "1", b: "" },
  });
  await network("create", "--ipv4=false", "--ipv6", "six");
  assert.equal(
    await network("inspect", "-f", "{{.EnableIPv4}} {{.EnableIPv6}} {{len .IPAM.Config}}", "six"),
    "false true 1",
  );
  await network("create", "--config-only", "--subnet", "10.6.0.0/24", "conf");
  await network("create", "--config-from", "conf", "made");
  assert.equal(
    await network("inspect", "-f", "{{.ConfigFrom.Network}} {{(index .IPAM.Config 0).Subnet}}", "made"),
    "conf 10.6.0.0/24",
  );
});

test("API-1 docker network create says why not, in Docker's words", async () => {
  await network("create", "--subnet", "10.5.0.0/24", "web");
  const daemon = (why: string) => new RegExp(`^Error response from daemon: ${why}`);
  assert.match(await failure("create", "web"), daemon("network with name web already exists"));
  assert.match(await failure("create", "host"), daemon("operation is not permitted on predefined host network"));
  assert.match(
    await failure("create", "--subnet", "10.5.0.0/25", "x"),
    daemon("invalid pool request: Pool overlaps with other one on this address space"),
  );
  assert.match(await failure("create", "-d", "weave", "x"), daemon('.*"weave" not found'));
  assert.match(await failure("create", "-d", "host", "x"), daemon('.*only one instance of "host" network is allowed'));
  assert.match(await failure("create", "--scope", "swarm", "x"), daemon("cannot create a swarm scoped network"));
  assert.match(await failure("create", "--ingress", "x"), daemon(".*ingress.*swarm"));
  assert.match(await failure("create", "a b"), daemon("Invalid network name"));
  assert.match(await failure("create", "--ipam-driver", "infoblox", "x"), daemon('.*"infoblox"'));
  assert.equal(await network("ls", "-q", "--filter", "type=custom", "--format", "{{.Name}}"), "web");
});

test("API-1 docker network ls with -q, --no-trunc, --format and each filter", { skip }, async () => {
  const id = await network("create", "--label", "tier=front", "web");
  await network("create", "back");
  await run("one", "--network", "web");
  assert.match(await network("ls"), /^NETWORK ID +NAME +DRIVER +SCOPE\n/);
  assert.match(await network("ls"), new RegExp(`^${id.slice(0, 12)} +web +bridge +local$`, "m"));
  assert.equal(await network("ls", "-q", "--no-trunc", "-f", "name=web"), id);
  assert.equal(
    await network("ls", "--format", '{{.Name}}={{.Label "tier"}} {{.IPv4}} {{.IPv6}} {{.Internal}}', "-f", `id=${id}`),
    "web=front true false false",
  );
  assert.equal(
    (JSON.parse(await network("ls", "--format", "json", "-f", "name=back")) as { Name: string }).Name,
    "back",
  );
  const found: Record<string, string> = {
    "dangling=true": "back",
    "driver=null": "none",
    [`id=${id.slice(0, 10)}`]: "web",
    "label=tier=front": "web",
    "name=bac": "back",
    "scope=swarm": "",
    "type=builtin": "bridge\nhost\nnone",
  };
  for (const [filter, names] of Object.entries(found))
    assert.equal(await network("ls", "--format", "{{.Name}}", "--filter", filter), names, filter);
  assert.match(await failure("ls", "--filter", "colour=red"), /invalid filter 'colour'/);
});

test("API-1 docker network inspect by name, id and prefix, with -f and -v, several at once", async () => {
  const id = await network("create", "web");
  assert.equal(
    await network("inspect", "-f", "{{.Name}}", id, id.slice(0, 20), "web", "bridge"),
    "web\nweb\nweb\nbridge",
  );
  assert.match(await network("inspect", "-v", "web"), /"Name": "web"/);
  const { code, stdout, stderr } = await host.docker("network", "inspect", "-f", "{{.Name}}", "web", "nothing");
  assert.deepEqual([code, stdout], [1, "web\n"]);
  assert.match(stderr, /network nothing not found|No such network: nothing/);
});

test("API-1 docker network connect with every flag, live, and disconnect", { skip }, async () => {
  await network("create", "--ipv6", "--subnet", "10.5.0.0/24", "--subnet", "fd05::/64", "web");
  await run("one");
  await run("peer", "--network", "web");
  const addresses = ["--ip", "10.5.0.77", "--ip6", "fd05::77", "--link-local-ip", "169.254.9.9"];
  const names = ["--alias", "www", "--alias", "front", "--link", "peer:mate"];
  const rest = ["--gw-priority", "-5", "--driver-opt", "com.docker.network.endpoint.ifname=data0"];
  assert.equal(await network("connect", ...addresses, ...names, ...rest, "web", "one"), "");
  const inside = (...argv: string[]) => host.fairlead("exec", "one", ...argv);
  const shown = await inside("ip", "-br", "addr", "show", "data0");
  for (const address of ["10.5.0.77/24", "fd05::77/64", "169.254.9.9/16"]) assert.ok(shown.includes(address), shown);
  assert.match(await inside("ip", "route", "show", "default"), /via 172\.17\.0\.1 /);
  await inside("ping", "-c1", "-W5", "mate");
  await host.fairlead("exec", "peer", "ping", "-c1", "-W5", "www");
  const { IPAMConfig, Links, Aliases, DriverOpts, GwPriority, DNSNames } = await settings("one", "web");
  assert.deepEqual(
    [IPAMConfig, Links, Aliases, DriverOpts, GwPriority],
    [
      { IPv4Address: "10.5.0.77", IPv6Address: "fd05::77", LinkLocalIPs: ["169.254.9.9"] },
      ["peer:mate"],
      ["www", "front"],
      { "com.docker.network.endpoint.ifname": "data0" },
      -5,
    ],
  );
  assert.deepEqual((DNSNames as string[]).slice(0, 3), ["one", "www", "front"]);
  assert.match(await failure("connect", "web", "one"), /endpoint with name one already exists in network web$/);
  assert.match(await failure("connect", "web", "nobody"), /No such container: nobody$/);
  assert.equal(await network("disconnect", "web", "one"), "");
  assert.doesNotMatch(await inside("ip", "-br", "link"), /data0/);
  assert.match(await failure("disconnect", "web", "one"), /container one is not connected to network web$/);
  assert.match(await failure("disconnect", "--force", "web", "one"), /is not connected to/);
});

test("API-1 docker network rm of several, in use, built in, missing, and with -f", async () => {
  const id = await network("create", "web");
  await network("create", "busy");
  await run("one", "--network", "busy");
  assert.match(
    await failure("rm", "busy"),
    /^Error response from daemon: error while removing network: network busy has active endpoints.*one/,
  );
  assert.match(await failure("rm", "bridge"), /bridge is a pre-defined network and cannot be removed$/m);
  const { code, stdout, stderr } = await host.docker("network", "rm", "nothing", id.slice(0, 12));
  assert.deepEqual([code, stdout], [1, `${id.slice(0, 12)}\n`]);
  assert.match(stderr, /network nothing not found|No such network: nothing/);
  if (!skip) assert.equal(await network("rm", "-f", "nothing"), "");
});

test("API-1 docker network prune with -f and each filter", async () => {
  await network("create", "--label", "keep", "kept");
  await network("create", "old");
  await network("create", "used");
  await run("one", "--network", "used");
  assert.equal(await network("prune", "-f", "--filter", "until=24h"), "");
  assert.equal(await network("prune", "-f", "--filter", "label!=keep"), "Deleted Networks:\nold");
  assert.equal(await network("prune", "-f", "--filter", "label=keep"), "Deleted Networks:\nkept");
  assert.equal(await network("ls", "--format", "{{.Name}}"), "bridge\nhost\nnone\nused");
  const answered = await host.exec(["docker", "-H", `unix://${host.socket}`, "network", "prune"], { input: "n\n" });
  assert.match(answered.stdout + answered.stderr, /WARNING! This will remove all custom networks/);
});
