import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ClusterHost } from "../../../lab/cluster/cluster-host.ts";
import type { ClusterLab } from "../../../lab/cluster/cluster-lab.ts";
import { Inside } from "../../../lab/inside.ts";
import { addressOf, answers, eventually, everywhere, inspect, ping, stay, threeHosts } from "./hosts.ts";

let lab: ClusterLab;
let hosts: [ClusterHost, ClusterHost, ClusterHost];
before(async () => {
  lab = await threeHosts();
  hosts = lab.hosts as typeof hosts;
});
after(() => lab[Symbol.asyncDispose]());

test("OVL-3: a network made on one host is there on all, with the same id, subnet and VNI", async () => {
  await hosts[0].fairlead("network", "create", "-d", "overlay", "--subnet", "10.0.9.0/24", "--ipv6", "red");
  await hosts[1].fairlead("network", "create", "-d", "overlay", "--subnet", "10.0.10.0/24", "blue");
  await everywhere(lab, "red");
  await everywhere(lab, "blue");
  for (const name of ["red", "blue"]) {
    const [one, two, three] = await Promise.all(
      hosts.map(async (host) => {
        const { Id, Scope, Driver, IPAM, Options } = await inspect(host, name);
        return { Id, Scope, Driver, config: (IPAM as { Config: unknown }).Config, Options };
      }),
    );
    assert.deepEqual(one, two);
    assert.deepEqual(one, three);
    assert.equal(one?.Scope, "global");
  }
});

test("OVL-4, OVL-5: containers of one overlay reach each other on every pair of hosts by address and name, those of two do not", async () => {
  for (const [index, host] of hosts.entries()) {
    await stay(host, `red${index}`, "--network", "red", "--network-alias", "all");
    await stay(host, `blue${index}`, "--network", "blue");
  }
  const addresses = new Map<string, string>();
  for (const [index, host] of hosts.entries())
    for (const color of ["red", "blue"]) {
      const name = `${color}${index}`;
      addresses.set(name, await addressOf(host, name, name));
    }
  assert.equal(new Set(addresses.values()).size, 6);
  for (const [from, host] of hosts.entries())
    for (const to of [0, 1, 2]) {
      for (const color of ["red", "blue"]) {
        const name = `${color}${to}`;
        const seen = await eventually(
          `${name} from host${from + 1}`,
          () => addressOf(host, `${color}${from}`, name),
          (a) => a !== "",
        );
        assert.equal(seen, addresses.get(name));
        await ping(host, `${color}${from}`, seen);
      }
      await ping(host, `red${from}`, `red${to}`, "-6");
      assert.equal(await addressOf(host, `red${from}`, `blue${to}`), "");
      assert.equal(await answers(host, `red${from}`, addresses.get(`blue${to}`) ?? ""), false);
    }
});

test("OVL-6: an alias that containers of several hosts have is answered with all of them, in turn", async () => {
  const firsts = new Set<string>();
  const query = () => hosts[2].fairlead("exec", "red2", "getent", "ahostsv4", "all");
  const all = await eventually("all three", query, (text) => new Set(text.match(/^10\.0\.9\.\d+/gm)).size === 3);
  assert.match(all, /10\.0\.9\./);
  for (let n = 0; n < 20; n++) {
    const answer = await hosts[2].fairlead(
      "exec",
      "red2",
      "python3",
      "-c",
      "import socket;print(socket.gethostbyname_ex('all')[2][0])",
    );
    firsts.add(answer.trim());
  }
  assert.ok(firsts.size > 1, [...firsts].join());
});

test("OVL-7: containers of an overlay reach the outside, their published ports are reached from it, on the host they run on", async () => {
  const { outside } = lab;
  await ping(hosts[1], "red1", outside.ipv4);
  await hosts[1].fairlead(
    ...["run", "-d", "--name", "page", "--network", "red", "-p", "8080:80", "--rootfs", "host"],
    ...["python3", "-m", "http.server", "--bind", "::", "80"],
  );
  const get = (url: string) => outside.exec(["curl", "-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", url]);
  await eventually(
    "the published port",
    async () => (await get(`http://${hosts[1].ipv4}:8080/`)).stdout,
    (code) => code === "200",
  );
  assert.equal((await get(`http://${hosts[0].ipv4}:8080/`)).stdout, "000");
  await eventually(
    "by name",
    () => hosts[0].cli("exec", "red0", "curl", "-s", "-m", "5", "http://page/"),
    ({ code }) => code === 0,
  );
});

test("OVL-8: an internal overlay leads to its members on all hosts and nowhere else", async () => {
  await hosts[2].fairlead("network", "create", "-d", "overlay", "--internal", "closed");
  await everywhere(lab, "closed");
  await stay(hosts[0], "in0", "--network", "closed");
  await stay(hosts[1], "in1", "--network", "closed");
  await eventually(
    "in1",
    () => addressOf(hosts[0], "in0", "in1"),
    (a) => a !== "",
  );
  await ping(hosts[0], "in0", "in1");
  assert.equal(await answers(hosts[0], "in0", lab.outside.ipv4), false);
  assert.equal((await hosts[0].fairlead("exec", "in0", "ip", "route")).includes("default"), false);
});

test("OVL-9: connect and disconnect are live on all hosts, while streams of the networks go on", async () => {
  await stay(hosts[0], "both", "--network", "red");
  using server = await Inside.of(hosts[2], "red2");
  using client = await Inside.of(hosts[0], "both");
  await server.station.serve(7000);
  await client.station.ask("tcp", server.ipv4, 7000, 1);
  await hosts[0].fairlead("network", "connect", "--alias", "guest", "blue", "both");
  assert.equal(await client.station.echo(1, "connected"), "connected");
  await eventually(
    "guest",
    () => addressOf(hosts[2], "blue2", "guest"),
    (a) => a !== "",
  );
  await ping(hosts[2], "blue2", "guest");
  await hosts[0].fairlead("network", "disconnect", "blue", "both");
  await eventually(
    "guest gone",
    () => addressOf(hosts[2], "blue2", "guest"),
    (a) => a === "",
  );
  assert.equal(await client.station.echo(1, "disconnected"), "disconnected");
  await ping(hosts[0], "both", "red2");
});

test("OVL-10: a network that another host uses is not removed, and the refusal names container and host", async () => {
  const refused = await hosts[2].cli("network", "rm", "closed");
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /in0 on host1, in1 on host2/);
  await hosts[0].fairlead("rm", "-f", "in0");
  await hosts[1].fairlead("rm", "-f", "in1");
  await hosts[2].fairlead("network", "rm", "closed");
  for (const host of hosts)
    await eventually(
      "closed gone",
      () => host.cli("network", "inspect", "closed"),
      ({ code }) => code !== 0,
    );
});

test("OVL-11: pool overlaps and names that another host has are refused with words, and nothing is half-made", async () => {
  const overlap = await hosts[2].cli("network", "create", "-d", "overlay", "--subnet", "10.0.0.0/16", "green");
  assert.match(overlap.stderr, /10\.0\.0\.0\/16 overlaps 10\.0\.\d+\.0\/24 of network (red|blue)/);
  const name = await hosts[2].cli("network", "create", "-d", "overlay", "red");
  assert.match(name.stderr, /network with name red already exists/);
  assert.notEqual((await hosts[2].cli("network", "inspect", "green")).code, 0);
});

test("OVL-12: one name made on all hosts at the same instant becomes one network", async () => {
  const made = await Promise.all(hosts.map((host) => host.cli("network", "create", "-d", "overlay", "same")));
  assert.deepEqual(made.map(({ code }) => code).sort(), [0, 1, 1]);
  for (const { code, stderr } of made) if (code !== 0) assert.match(stderr, /network with name same already exists/);
  await everywhere(lab, "same");
  const ids = await Promise.all(hosts.map(async (host) => (await inspect(host, "same"))["Id"]));
  assert.equal(new Set(ids).size, 1);
});

test("OVL-13: what an overlay consists of is repaired like everything else", async () => {
  const { Id } = await inspect<{ Id: string }>(hosts[0], "red");
  const id = Id.slice(0, 12);
  await hosts[0].run("ip", "link", "del", `fvx${id}`);
  await eventually(
    "repaired",
    () => hosts[0].exec(["ip", "link", "show", `fvx${id}`]),
    ({ code }) => code === 0,
  );
  await ping(hosts[0], "red0", "red1");
  await hosts[0].run("ip", "neigh", "flush", "dev", `fvx${id}`, "nud", "permanent");
  assert.match(await hosts[0].fairlead("repair"), /forwarding to other hosts/);
  await ping(hosts[0], "red0", "red1");
});

test("OVL-14: a path that packets of full size do not pass is logged, and shown with the network's peers", async () => {
  await hosts[2].run("ip", "link", "set", "underlay0", "mtu", "1300");
  await hosts[0].killDaemon();
  const started = await hosts[0].startDaemon();
  const told = await started.logged(/packets of full size do not arrive/);
  const [, mtu] = /"host":"host3".*"mtu":"(\d+)","wanted":"1500"/.exec(told) ?? [];
  // A veth takes in four bytes more than its MTU, room for a VLAN tag (is_skb_forwardable(), include/linux/netdevice.h).
  assert.ok(mtu === "1300" || mtu === "1304", told);
  const { Peers } = await inspect<{ Peers: { Name: string; PathMTU?: number }[] }>(hosts[0], "red");
  assert.deepEqual(
    Peers.map(({ Name, PathMTU }) => [Name, PathMTU]),
    [
      ["host1", undefined],
      ["host2", undefined],
      ["host3", Number(mtu)],
    ],
  );
  await hosts[2].run("ip", "link", "set", "underlay0", "mtu", "1500");
});
