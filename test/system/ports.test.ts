import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { sendLoopbackOverTheWire } from "../../lab/attacks.ts";
import { Inside, stationOf } from "../../lab/inside.ts";
import { Lab } from "../../lab/lab.ts";
import { allOf, outcomes } from "../../lab/outcomes.ts";
import { ending, lineOf } from "../../lab/process.ts";

await using stack = new AsyncDisposableStack();
const lab = stack.use(await Lab.create());
const { host, ipv4, ipv6 } = await lab.addHost();
const disposed = stack.move();
after(() => disposed[Symbol.asyncDispose]());

const outside = disposed.use(stationOf(lab.outside));
const machine = disposed.use(stationOf(host));
const at: Record<string, Inside> = {};
const place = (name: string): Inside => {
  const found = at[name];
  assert.ok(found, name);
  return found;
};
const waiting = ["--rootfs", "host", "sleep", "infinity"];
const both = (spec: string): string[] => ["-p", spec, "-p", `${spec}/udp`];

before(async () => {
  await host.run("ip", "address", "add", "192.0.2.77/24", "dev", "uplink0");
  await host.startDaemon();
  for (const name of ["web", "far"]) await host.fairlead("network", "create", "--ipv6", name);
  const loopback = [...both("127.0.0.1:8081:80"), ...both("[::1]:8081:80")];
  const wanted: [string, ...string[]][] = [
    ["www", "--network=web", ...both("8080:80"), ...loopback, ...both("192.0.2.77:8083:80")],
    ["mate", "--network=web", "--privileged"],
    ["stranger", "--network=far"],
  ];
  for (const [name, ...options] of wanted) at[name] = disposed.use(await Inside.run(host, name, ...options));
  await place("www").station.serve(80);
});

const gatewayOf = (name: string, family: "-4" | "-6"): Promise<string> =>
  place(name).run("sh", "-c", `ip ${family} route show default | cut -d' ' -f3`);

/** A process of the host that has a port; disposed, it ends. */
async function holdPort(port: number): Promise<AsyncDisposable & { pid: string }> {
  const script = `import os, socket, time
s = socket.socket()
s.bind(("0.0.0.0", ${port}))
s.listen()
print("bound by", os.getpid(), flush=True)
time.sleep(1000)`;
  const child = host.spawn(["python3", "-c", script]);
  const pid = (await lineOf(child, /^bound by/, `a process on port ${port}`)).split(" ").at(-1) ?? "";
  const end = async () => {
    await host.run("kill", pid);
    await ending(child);
  };
  return { pid, [Symbol.asyncDispose]: end };
}

const published = async (name: string, ...port: string[]): Promise<string[]> =>
  (await host.fairlead("port", name, ...port)).split("\n").filter(Boolean);

test("PORT-1 a published port leads to the container from outside, TCP and UDP, IPv4 and IPv6, with the client's address", async () => {
  assert.deepEqual(await outcomes(outside, 8080, [ipv4, ipv6]), allOf([ipv4, ipv6], lab.outsideIpv4, lab.outsideIpv6));
});

test("PORT-1 a web server that is the container's process serves real clients outside, and logs their addresses", async () => {
  const server = ["--rootfs", "host", "python3", "-u", "-m", "http.server", "--bind", "::", "8000"];
  await host.fairlead("run", "-d", "--name", "http", "-w", "/etc/skel", "--network=web", "-p", "8000:8000", ...server);
  for (const address of [ipv4, `[${ipv6}]`]) {
    const curl = ["curl", "-sS", "--retry-connrefused", "--retry", "20", "--retry-delay", "1", "-o", "/dev/null"];
    const url = `http://${address}:8000/`;
    assert.equal(await lab.outside.run(...curl, "-w", "%{http_code}", url), "200");
  }
  const { stdout, stderr } = await host.cli("logs", "http");
  const clients = [...(stdout + stderr).matchAll(/^(\S+) - - .*"GET/gm)].map(([, client]) => client);
  assert.deepEqual(clients, [`::ffff:${lab.outsideIpv4}`, lab.outsideIpv6]);
  await host.fairlead("rm", "-f", "http");
});

test("PORT-2 a published port answers on the host through every address of the host and 127.0.0.1", async () => {
  const [gateway4, gateway6] = [await gatewayOf("www", "-4"), await gatewayOf("www", "-6")];
  const addresses = [ipv4, ipv6, "192.0.2.77", gateway4, gateway6, "127.0.0.1", "127.0.0.53"];
  assert.deepEqual(await outcomes(machine, 8080, addresses), {
    // The host's way there was chosen before the container became its destination: with the uplink's first address.
    ...allOf([ipv4, ipv6, "192.0.2.77"], ipv4, ipv6),
    // The container could not answer 127.0.0.1: it sees its gateway.
    ...allOf([gateway4, gateway6, "127.0.0.1", "127.0.0.53"], gateway4, gateway6),
  });
});

test("PORT-3 a published port answers through the host's addresses from the container itself and from its network", async () => {
  const [gateway4, gateway6] = [await gatewayOf("www", "-4"), await gatewayOf("www", "-6")];
  const addresses = [ipv4, ipv6, gateway4, gateway6];
  for (const name of ["www", "mate"]) {
    assert.deepEqual(
      await outcomes(place(name).station, 8080, addresses),
      allOf(addresses, gateway4, gateway6),
      `from ${name}`,
    );
  }
});

test("PORT-3 a published port answers through the host's addresses from other networks, with the client's address", async () => {
  const { station, ipv4: own4, ipv6: own6 } = place("stranger");
  const addresses = [ipv4, ipv6, await gatewayOf("stranger", "-4"), await gatewayOf("stranger", "-6")];
  assert.deepEqual(await outcomes(station, 8080, addresses), allOf(addresses, own4, own6));
});

test("PORT-4 a port published on 127.0.0.1 and ::1 is unreachable from outside, by the attacker's route too", async () => {
  await outcomes(machine, 8081, ["127.0.0.1", "::1"]);
  const refusedTcp = { [`tcp ${ipv4}`]: "ECONNREFUSED", [`tcp ${ipv6}`]: "ECONNREFUSED" };
  const seen = await outcomes(outside, 8081, [ipv4, ipv6], "refused");
  assert.deepEqual(seen, { ...allOf([ipv4, ipv6], "ECONNREFUSED"), ...refusedTcp });
  await lab.outside.run("sh", "-c", sendLoopbackOverTheWire("wire", ipv4));
  assert.deepEqual(await outcomes(outside, 8081, ["127.0.0.1"], "refused"), allOf(["127.0.0.1"], "silence"));
  // Nor what is published everywhere, under that address.
  assert.deepEqual(await outcomes(outside, 8080, ["127.0.0.1"], "refused"), allOf(["127.0.0.1"], "silence"));
});

test("PORT-4 a port published on 127.0.0.1 and ::1 is unreachable from containers, by the attacker's route too", async () => {
  for (const name of ["mate", "stranger"]) {
    const addresses = [ipv4, ipv6, await gatewayOf(name, "-4"), await gatewayOf(name, "-6")];
    const seen = await outcomes(place(name).station, 8081, addresses, "refused");
    assert.deepEqual(seen, allOf(addresses, "ECONNREFUSED"), `from ${name}`);
  }
  const attacker = place("mate");
  await attacker.run("sh", "-c", sendLoopbackOverTheWire("eth0", await gatewayOf("mate", "-4")));
  const seen = await outcomes(attacker.station, 8081, ["127.0.0.1"], "refused");
  assert.deepEqual(seen, allOf(["127.0.0.1"], "silence"));
});

test("PORT-5 a port that a container has is refused, naming the container, and nothing is left behind", async () => {
  const before = await host.snapshot();
  const ports = ["-p", "9100:1", "-p", "8080:2", "-p", "9101:3"];
  const { code, stderr } = await host.cli("run", "-d", "--name", "late", "--network=web", ...ports, ...waiting);
  assert.equal(code, 125);
  assert.match(stderr, /Bind for 0\.0\.0\.0:8080 failed: port is already allocated to container www \(tcp\)\n$/);
  assert.deepEqual(await host.snapshot(), before);
  await using _first = await holdPort(9100);
  await using _last = await holdPort(9101);
  assert.equal(await host.fairlead("ps", "-a", "--filter", "name=late", "--format", "{{.State}}"), "created");
  await host.fairlead("rm", "late");
});

test("PORT-5 a port that a process of the host has is refused, naming the process", async () => {
  await using foreign = await holdPort(9200);
  const before = await host.snapshot();
  const { code, stderr } = await host.cli("run", "-d", "--rm", "--network=web", "-p", "9200:80", ...waiting);
  assert.equal(code, 125);
  assert.match(
    stderr,
    new RegExp(`:9200 failed: port is already allocated to process ${foreign.pid} \\(python3\\) \\(tcp\\)\n$`),
  );
  assert.deepEqual(await host.snapshot(), before);
});

test("PORT-5 a taken IPv6 address is refused in the usual spelling", async () => {
  const { code, stderr } = await host.cli("port", "add", "www", "[::1]:8081:9");
  assert.equal(code, 1);
  assert.match(stderr, /Bind for \[::1\]:8081 failed: port is already allocated to container www/);
});

test("PORT-5 port add refuses a taken port as a whole, and the container keeps what it had", async () => {
  const before = [await host.snapshot(), await published("www")];
  const { code, stderr } = await host.cli("port", "add", "www", "9300:80", "8080:81");
  assert.equal(code, 1);
  assert.match(stderr, /Bind for 0\.0\.0\.0:8080 failed: port is already allocated to container www \(tcp\)\n$/);
  assert.deepEqual([await host.snapshot(), await published("www")], before);
  await using _free = await holdPort(9300);
});

test("PORT-6 -p 80 and -P take ephemeral ports, the same number for both families", async () => {
  const exposed = ["-P", "--expose", "81", "--expose", "82-83/udp"];
  using some = await Inside.run(host, "some", "--network=web", "-p", "80", ...exposed);
  const lines = await published("some");
  const found = lines.map((line) => /^(\d+\/\w+) -> (?:0\.0\.0\.0|\[::\]):(\d+)$/.exec(line)?.slice(1) ?? [line]);
  assert.deepEqual(
    found.map(([inside]) => inside),
    ["80/tcp", "80/tcp", "81/tcp", "81/tcp", "82/udp", "82/udp", "83/udp", "83/udp"],
  );
  const [low = 0, high = 0] = (await host.run("cat", "/proc/sys/net/ipv4/ip_local_port_range"))
    .split(/\s+/)
    .map(Number);
  for (let index = 0; index < found.length; index += 2) {
    const [v4, v6] = [Number(found[index]?.[1]), Number(found[index + 1]?.[1])];
    assert.equal(v4, v6);
    assert.ok(v4 >= low && v4 <= high);
  }
  await some.station.serve(80);
  const port = Number(found[0]?.[1]);
  assert.equal(await outside.ask("tcp", ipv4, port), lab.outsideIpv4);
  assert.equal(await outside.ask("tcp", ipv6, port), lab.outsideIpv6);
  await host.fairlead("rm", "-f", "some");
});

test("PORT-6 ranges map pairwise, with equal numbers and with others", async () => {
  using pairs = await Inside.run(
    host,
    "pairs",
    "--network=web",
    ...both("7000-7003:7000-7003"),
    "-p",
    "7100-7102:80-82",
  );
  const ports = [7000, 7003, 80, 82];
  for (const port of ports) await pairs.station.serve(port);
  for (const port of [7000, 7003]) {
    const expected = allOf([ipv4, ipv6], lab.outsideIpv4, lab.outsideIpv6);
    assert.deepEqual(await outcomes(outside, port, [ipv4, ipv6]), expected);
  }
  for (const port of [7100, 7102]) assert.equal(await outside.ask("tcp", ipv4, port), lab.outsideIpv4);
  // Each to its own: nobody listens on these.
  for (const port of [7001, 7101]) assert.equal(await outside.refused("tcp", ipv4, port), "ECONNREFUSED");
  assert.deepEqual(await published("pairs", "82"), ["0.0.0.0:7102", "[::]:7102"]);
  await host.fairlead("rm", "-f", "pairs");
});

test("PORT-6 a host range for one port gives the first that is free, and says so when none is", async () => {
  await using _foreign = await holdPort(7201);
  const run = ["run", "-d", "--network=web", "-p", "7200-7202:80"];
  for (const [name, port] of [
    ["first", 7200],
    ["second", 7202],
  ] as const) {
    await host.fairlead(...run, "--name", name, ...waiting);
    assert.deepEqual(await published(name, "80"), [`0.0.0.0:${port}`, `[::]:${port}`]);
  }
  const { code, stderr } = await host.cli(...run, "--rm", ...waiting);
  assert.equal(code, 125);
  assert.match(
    stderr,
    /port is already allocated to container first, and no other port of 7200-7202 is free \(tcp\)\n$/,
  );
  await host.fairlead("rm", "-f", "first", "second");
});

test("PORT-7 ports are added to and removed from a running container, and connections through others go on", async () => {
  await outside.ask("tcp", ipv4, 8080, 1);
  await outside.ask("tcp", ipv6, 8080, 2);
  for (let round = 0; round < 5; round += 1) {
    const added = await host.fairlead("port", "add", "www", "8400:80", "8400:80/udp", "8401-8404:80");
    assert.match(added, /^80\/tcp -> 0\.0\.0\.0:8400$/m);
    assert.deepEqual(
      await outcomes(outside, 8400, [ipv4, ipv6]),
      allOf([ipv4, ipv6], lab.outsideIpv4, lab.outsideIpv6),
    );
    for (const flow of [1, 2]) assert.equal(await outside.echo(flow, `added ${round}`), `added ${round}`);
    await host.fairlead("port", "rm", "www", ...(await removable()));
    assert.deepEqual(await outcomes(outside, 8400, [ipv4, ipv6], "refused"), allOf([ipv4, ipv6], "ECONNREFUSED"));
    for (const flow of [1, 2]) assert.equal(await outside.echo(flow, `removed ${round}`), `removed ${round}`);
  }
  assert.equal(await outside.ask("tcp", ipv4, 8080), lab.outsideIpv4);
});

/** What PORT-7 added, as `port rm` wants it. */
async function removable(): Promise<string[]> {
  const lines = await published("www");
  const ours = lines.flatMap((line) => /^80\/(\w+) -> 0\.0\.0\.0:(840\d)$/.exec(line)?.slice(1).join(" ") ?? []);
  return ours.map((line) => `${line.split(" ")[1]}:80/${line.split(" ")[0]}`);
}

test("PORT-7 what was added to a running container is published again after a restart", async () => {
  using kept = await Inside.run(host, "kept", "--network=web");
  await host.fairlead("port", "add", "kept", "8500:80");
  await host.fairlead("restart", "-t", "0", "kept");
  using again = await Inside.of(host, "kept");
  await again.station.serve(80);
  assert.equal(await outside.ask("tcp", ipv4, 8500), lab.outsideIpv4);
  assert.equal(kept.name, again.name);
  await host.fairlead("rm", "-f", "kept");
});

test("PORT-8 a port bound to one address of the host answers there, and on no other", async () => {
  assert.deepEqual(await outcomes(outside, 8083, ["192.0.2.77"]), allOf(["192.0.2.77"], lab.outsideIpv4));
  const others = [ipv4, ipv6];
  assert.deepEqual(await outcomes(outside, 8083, others, "refused"), allOf(others, "ECONNREFUSED"));
  const [local] = [await outcomes(machine, 8083, ["127.0.0.1"], "refused")];
  assert.deepEqual(local, allOf(["127.0.0.1"], "ECONNREFUSED"));
  // So another container may have the same number on another address.
  await host.fairlead("run", "-d", "--name", "twin", "--network=far", "-p", `${ipv4}:8083:80`, ...waiting);
  using twin = await Inside.of(host, "twin");
  await twin.station.serve(80);
  assert.equal(await outside.ask("tcp", ipv4, 8083), lab.outsideIpv4);
  await host.fairlead("rm", "-f", "twin");
});

test("PORT-9 ports are free after stop; when a process took one meanwhile, start says which, and works once it is gone", async () => {
  await host.fairlead("run", "-d", "--name", "pause", "--network=web", ...both("8600:80"), ...waiting);
  await host.fairlead("stop", "-t", "0", "pause");
  {
    await using _foreign = await holdPort(8600);
    const { code, stderr } = await host.cli("start", "pause");
    assert.equal(code, 1);
    assert.match(stderr, /:8600 failed: port is already allocated to process \d+ \(python3\)/);
  }
  await host.fairlead("start", "pause");
  using pause = await Inside.of(host, "pause");
  await pause.station.serve(80);
  assert.deepEqual(await outcomes(outside, 8600, [ipv4]), allOf([ipv4], lab.outsideIpv4));
  await host.fairlead("rm", "-f", "pause");
});

test("PORT-10 a published port answers through ::1, bound to every address and to ::1 alone", async () => {
  const gateway6 = await gatewayOf("www", "-6");
  for (const port of [8080, 8081]) {
    const seen = await outcomes(machine, port, ["::1"]);
    for (const client of Object.values(seen)) assert.match(client, new RegExp(`^${gateway6}$`));
  }
  assert.equal((await host.run("nc", "-N", "::1", "8080")).trim(), gateway6);
});

test("PORT-11 a UDP flow follows a published port to its new container at once, and to nobody when it is gone", async () => {
  const server = (name: string) => `import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 53))
while True:
  _, a = s.recvfrom(99)
  s.sendto(b"${name}", a)`;
  const run = (name: string, ...ports: string[]) => {
    const options = ["-d", "--name", name, "--network=web", ...ports, "--rootfs", "host"];
    return host.fairlead("run", ...options, "python3", "-c", server(name));
  };
  // One socket for all: the flow stays the same. Asks until the server it wants answers, since that one has to start.
  const client = (address: string) => `import socket, sys
s = socket.socket(socket.AF_INET${address.includes(":") ? "6" : ""}, socket.SOCK_DGRAM)
s.bind(("", 5353))
s.settimeout(0.2)
print("ready", flush=True)
for line in sys.stdin:
  wanted = line.split()
  answers = []
  for _ in range(int(wanted[0])):
    try:
      s.sendto(b"?", ("${address}", 8700))
      answers.append(s.recvfrom(99)[0].decode())
    except (TimeoutError, ConnectionRefusedError):
      answers.append("-")
    if answers[-1] in wanted[1:]: break
  print("heard", *answers, flush=True)`;
  const probe = `import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("127.0.0.1", 53))
s.settimeout(0.2)
for _ in range(200):
  try:
    s.send(b"?")
    if s.recv(99) == b"two": exit()
  except TimeoutError:
    pass
  except ConnectionRefusedError:
    time.sleep(0.2)
exit("two does not answer")`;
  for (const address of [ipv4, ipv6]) {
    const child = lab.outside.spawn(["python3", "-c", client(address)]);
    await lineOf(child, /^ready$/, "the UDP client");
    const ask = async (times: number, until = ""): Promise<string[]> => {
      const heard = lineOf(child, /^heard/, "the UDP client");
      child.stdin?.write(`${times} ${until}\n`);
      return (await heard).split(" ").slice(1);
    };
    await run("one", "-p", "8700:53/udp");
    await run("two");
    assert.equal((await ask(100, "one")).at(-1), "one");
    // Two is up when it answers from inside.
    using two = await Inside.of(host, "two");
    await two.run("python3", "-c", probe);
    await host.fairlead("port", "rm", "one", "53/udp");
    assert.deepEqual(await ask(3), ["-", "-", "-"]);
    await host.fairlead("port", "add", "two", "8700:53/udp");
    assert.deepEqual(await ask(3), ["two", "two", "two"]);
    await host.fairlead("rm", "-f", "one", "two");
    child.stdin?.end();
    await ending(child);
  }
});

test("PORT-14 published ports and connections through them go on when the container's default route moves to another network", async () => {
  // Lexically first, so that it takes the default route.
  await host.fairlead("network", "create", "--ipv6", "aaa");
  const www = place("www");
  const gateways = () => Promise.all([gatewayOf("www", "-4"), gatewayOf("www", "-6")]);
  const before = await gateways();
  await outside.ask("tcp", ipv4, 8080, 11);
  await outside.ask("tcp", ipv6, 8080, 12);
  for (const change of ["connect", "disconnect"]) {
    await host.fairlead("network", change, "aaa", "www");
    if (change === "connect") assert.notDeepEqual(await gateways(), before);
    else assert.deepEqual(await gateways(), before);
    for (const flow of [11, 12]) assert.equal(await outside.echo(flow, change), change);
    const expected = allOf([ipv4, ipv6], lab.outsideIpv4, lab.outsideIpv6);
    assert.deepEqual(await outcomes(outside, 8080, [ipv4, ipv6]), expected, change);
    assert.equal(await machine.ask("tcp", "127.0.0.1", 8080), await gatewayOf("www", "-4"));
    assert.equal(await machine.ask("tcp", "::1", 8080), await gatewayOf("www", "-6"));
    assert.equal(await www.station.ask("tcp", ipv4, 8080), await gatewayOf("www", "-4"));
  }
});

test("PORT-15 host_binding_ipv4 of a network is where its ports without an address are published", async () => {
  const option = "com.docker.network.bridge.host_binding_ipv4=192.0.2.77";
  await host.fairlead("network", "create", "--ipv6", "--opt", option, "bound");
  using one = await Inside.run(host, "one", "--network=bound", ...both("8800:80"));
  await one.station.serve(80);
  assert.deepEqual(await outcomes(outside, 8800, ["192.0.2.77"]), allOf(["192.0.2.77"], lab.outsideIpv4));
  assert.deepEqual(await outcomes(outside, 8800, [ipv4], "refused"), allOf([ipv4], "ECONNREFUSED"));
  await host.fairlead("rm", "-f", "one");
});
