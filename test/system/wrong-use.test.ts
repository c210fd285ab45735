import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { after, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { callApi, refusal } from "../../lab/api.ts";
import { Host } from "../../lab/host.ts";
import { checkout, ending, lineOf } from "../../lab/process.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
const daemon = await host.startDaemon();
const daemonPid = () => String(daemon.pid ?? 0);
const onHost = { Fairlead: { Rootfs: "host" }, Cmd: ["sleep", "infinity"] };
const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const record = (count: number, entry: (index: number) => [string, unknown]) =>
  Object.fromEntries(range(count).map(entry));

await host.fairlead("network", "create", "--subnet", "10.5.0.0/24", "--gateway", "10.5.0.1", "web");
await host.fairlead(
  "run",
  "-d",
  "--name",
  "holder",
  "--network",
  "web",
  "--ip",
  "10.5.0.9",
  "-p",
  "8080:80",
  "--rootfs",
  "host",
  "sleep",
  "infinity",
);

/** All that a user can see, and all that the kernel has. */
async function everything(): Promise<unknown> {
  const of = async (path: string) => (await callApi<{ Id: string; Status?: string }[]>(host, "GET", path)).body;
  const [networks, containers] = await Promise.all([of("/networks"), of("/containers/json?all=1")]);
  const files = await host.run(
    "find",
    `${host.folder}/data`,
    `${host.folder}/run`,
    "-name",
    "merged",
    "-prune",
    "-o",
    "-print",
  );
  return {
    networks: networks.map(({ Id }) => Id),
    containers: containers.map(({ Id }) => Id),
    files: files.split("\n").sort(),
    ...(await host.snapshot()),
  };
}
await host.fairlead("exec", "holder", "true"); // makes the folder that the files of execs come and go in
const quiet = await everything();

/** Open files of the daemon. */
const descriptors = () => readdirSync(`/proc/${daemonPid()}/fd`).length;
const residentMb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${daemonPid()}/status`, "utf8"))?.[1]) / 1024;

/** What the daemon answers to a body that no well-behaved client would send. */
async function sendRaw(
  path: string,
  body: string,
  headers: readonly string[] = ["Content-Type: application/json"],
  claimed = Buffer.byteLength(body),
): Promise<string> {
  const socket = connect(host.pathOf(host.socket));
  const length = `Content-Length: ${claimed}`;
  socket.write([`POST ${path} HTTP/1.1`, "Host: x", "Connection: close", length, ...headers, "", body].join("\r\n"));
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  const [, status = ""] = /^HTTP\/1\.1 (\d+)/.exec(answer) ?? [];
  return `${status} ${/"message":"(.*)"/.exec(answer)?.[1] ?? ""}`;
}

const create = (more: object, name = "wrong") =>
  ["POST", `/containers/create?name=${name}`, { ...onHost, ...more }] as const;
const onWeb = (config: object) =>
  create({ HostConfig: { NetworkMode: "web" }, NetworkingConfig: { EndpointsConfig: { web: config } } });
const publish = (port: string, binding: object) => create({ HostConfig: { PortBindings: { [port]: [binding] } } });
const network = (more: object) => ["POST", "/networks/create", { Name: "wrong", ...more }] as const;
const pool = (config: object) => network({ IPAM: { Config: [config] } });

const wrong: [what: string, request: readonly ["POST" | "DELETE" | "GET", string, unknown?], says: RegExp][] = [
  [
    "a subnet that overlaps another network's",
    pool({ Subnet: "10.5.0.128/25" }),
    /^403 .*10\.5\.0\.128\/25.*overlaps.*web/,
  ],
  ["a subnet that is none", pool({ Subnet: "10.5.300.0/24" }), /^400 .*10\.5\.300\.0\/24/s],
  ["a gateway outside the subnet", pool({ Subnet: "10.6.0.0/24", Gateway: "10.7.0.1" }), /^40[03] .*10\.7\.0\.1/s],
  [
    "an ip-range outside the subnet",
    pool({ Subnet: "10.6.0.0/24", IPRange: "10.7.0.0/25" }),
    /^40[03] .*10\.7\.0\.0\/25/s,
  ],
  ["an address outside every subnet", onWeb({ IPAMConfig: { IPv4Address: "10.6.0.5" } }), /^40[03] .*10\.6\.0\.5/s],
  ["the gateway's address", onWeb({ IPAMConfig: { IPv4Address: "10.5.0.1" } }), /^40[39] .*10\.5\.0\.1/],
  ["an address that is none", onWeb({ IPAMConfig: { IPv4Address: "ten" } }), /^400 .*invalid IPv4 address: ten/s],
  ["a MAC address that is none", onWeb({ MacAddress: "02:42:zz" }), /^400 .*02:42:zz/],
  ["a multicast MAC address", onWeb({ MacAddress: "01:00:5e:00:00:01" }), /^400 .*01:00:5e:00:00:01/],
  ["an unknown network", create({ HostConfig: { NetworkMode: "nowhere" } }), /^400 .*network nowhere not found$/],
  [
    "an unknown container's network",
    create({ HostConfig: { NetworkMode: "container:nobody" } }),
    /^400 .*No such container: nobody$/,
  ],
  ["a container port beyond 65535", publish("65536/tcp", {}), /^400 .*65536/],
  ["a host port beyond 65535", publish("80/tcp", { HostPort: "65536" }), /^400 .*HostPort.*65536/],
  ["a port with an unknown protocol", publish("80/icmp", {}), /^400 .*icmp/],
  ["a host address that is none", publish("80/tcp", { HostIp: "300.0.0.1" }), /^400 .*300\.0\.0\.1/],
  ["a network name that is taken", network({ Name: "web" }), /^409 network with name web already exists$/],
  ["a network name with a slash", network({ Name: "../web" }), /^400 .*name/],
  ["a network name of 300 characters", network({ Name: "n".repeat(300) }), /^400 .*name/],
  ["a host name with a blank", create({ Hostname: "a b" }), /^400 Invalid Hostname: /],
  ["a host name with a NUL", create({ Hostname: "a\0" }), /^400 invalid request: Hostname must not contain a NUL$/],
  ["a host name of 65 bytes", create({ Hostname: "h".repeat(65) }), /^400 Invalid Hostname: .*64 bytes/],
  ["an alias with a blank", onWeb({ Aliases: ["a b"] }), /^400 .*a b/],
  ["an alias with a line break", onWeb({ Aliases: ["a\nb"] }), /^400 .*alias/i],
  ["a NUL in an argument", create({ Cmd: ["echo", "a\0b"] }), /^400 invalid request: Cmd\[1\] must not contain a NUL$/],
  ["a NUL in a variable", create({ Env: ["A=\0"] }), /^400 invalid request: Env\[0\] must not contain a NUL$/],
  [
    "a NUL in a bind",
    create({ HostConfig: { Binds: ["/etc:/a\0b"] } }),
    /^400 invalid request: HostConfig\.Binds\[0\] must not contain a NUL$/,
  ],
  ["a relative working directory", create({ WorkingDir: "tmp" }), /^400 Invalid WorkingDir: /],
  ["an unknown stop signal", create({ StopSignal: "SIGNOTHING" }), /^400 .*SIGNOTHING/],
  ["a name server that is none", create({ HostConfig: { Dns: ["dns.test"] } }), /^400 Invalid Dns: "dns\.test"/],
  [
    "an extra host with a line break",
    create({ HostConfig: { ExtraHosts: ["a\n1.2.3.4 b:10.0.0.1"] } }),
    /^400 .*host/i,
  ],
  ["removal of a network in use", ["DELETE", "/networks/web"], /^40[39] .*web.*active endpoints.*holder/],
  [
    "a second connection to a network",
    ["POST", "/networks/web/connect", { Container: "holder" }],
    /^403 .*holder.*already.*web/,
  ],
  [
    "a connection of nobody",
    ["POST", "/networks/web/connect", { Container: "nobody" }],
    /^404 No such container: nobody$/,
  ],
  [
    "publishing a port that is taken",
    ["POST", "/fairlead/containers/holder/ports", { ports: [{ containerPort: 81, hostPort: 8080 }] }],
    /8080.*already allocated.*holder/,
  ],
  ["publishing nothing", ["POST", "/fairlead/containers/holder/ports", { ports: [] }], /^400 .*ports/],
  ["withdrawing what is not published", ["POST", "/containers/holder/kill?signal=99"], /^400 .*99/],
  [
    "waiting for a strange condition",
    ["POST", "/containers/holder/wait?condition=tired"],
    /^400 .*invalid condition: "tired"/,
  ],
  [
    "a stop time that is no number",
    ["POST", "/containers/holder/stop?t=soon"],
    /^400 .*"t".*"soon" is not a whole number/,
  ],
  ["a filter that is no JSON", ["GET", "/networks?filters=name%3Dweb"], /^400 .*filters.* no JSON/],
  ["a filter of a wrong type", ["GET", "/networks?filters=%7B%22name%22%3A1%7D"], /^400 .*"name" must be a list/],
  [
    "an unknown filter",
    ["GET", "/containers/json?filters=%7B%22colour%22%3A%5B%22red%22%5D%7D"],
    /^400 invalid filter 'colour'$/,
  ],
  [
    "an unknown filter of events",
    ["GET", "/events?filters=%7B%22colour%22%3A%5B%22red%22%5D%7D"],
    /^400 invalid filter 'colour'$/,
  ],
  ["a network's name where a container belongs", ["POST", "/containers/web/start"], /^404 No such container: web$/],
  ["a path that is no URL", ["GET", "/containers/%zz/json"], /^400 .*%zz/],
  ["a name of 5,000 characters", ["GET", `/containers/${"a".repeat(5000)}/json`], /^400 .*longer than 4096/],
  ["a path that climbs", ["GET", "/containers/..%2F..%2Fetc/json"], /^404 No such container: \.\.\/\.\.\/etc$/],
  ["a NUL where a name belongs", ["GET", "/containers/%00/json"], /^404 No such container: /],
  ["an API version to come", ["GET", "/v1.99/networks"], /^400 client version 1\.99 is too new/],
  ["an unknown path", ["GET", "/no/such/path"], /^404 page not found$/],
];

for (const [what, [method, path, body], says] of wrong) {
  test(`API-2 ${what} gets a clear error`, async () => {
    assert.match(await refusal(host, method, path, body), says);
  });
}

test("API-2 an address that another container runs with gets a clear error at the start", async () => {
  const [, , body] = onWeb({ IPAMConfig: { IPv4Address: "10.5.0.9" } });
  const { status, body: made } = await callApi<{ Id: string }>(host, "POST", "/containers/create?name=late", body);
  assert.equal(status, 201);
  assert.match(await refusal(host, "POST", `/containers/${made.Id}/start`), /^403 .*10\.5\.0\.9 belongs to .* holder$/);
  await callApi(host, "DELETE", `/containers/${made.Id}`);
});

const bodies: [what: string, path: string, body: string, says: RegExp][] = [
  ["invalid JSON", "/networks/create", '{"Name": web}', /^400 invalid JSON: invalid character .w./],
  ["JSON that ends too early", "/containers/create", '{"Image":"x"', /^400 invalid JSON: /],
  ["a list instead of an object", "/networks/create", "[]", /^400 invalid request: body must be object$/],
  ["a number instead of a name", "/networks/create", '{"Name":5}', /^400 invalid request: Name must be string$/],
  [
    "a wrong type deep inside",
    "/containers/create",
    '{"HostConfig":{"PortBindings":{"80/tcp":[{"HostPort":80}]}}}',
    /^400 invalid request: HostConfig\.PortBindings\.80\/tcp\[0\]\.HostPort must be string$/,
  ],
  ["no body at all", "/networks/create", "", /^400 got EOF while reading request body/],
  [
    "JSON 100,000 levels deep",
    "/networks/create",
    `${'{"Labels":'.repeat(100_000)}1${"}".repeat(100_000)}`,
    /^400 invalid request: Labels\.Labels must be string$/,
  ],
  [
    "a list 100,000 levels deep",
    "/networks/create",
    `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
    /^400 invalid request: body must be object$/,
  ],
];

for (const [what, path, body, says] of bodies) {
  test(`API-2 ${what} gets a clear error`, async () => {
    assert.match(await sendRaw(path, body), says);
  });
}

test("API-2 a body of 17 MB is refused before it is sent", async () => {
  const said = await sendRaw("/networks/create", "{", ["Content-Type: application/json"], 17 * 2 ** 20);
  assert.match(said, /^413 request body is too large: at most 16777216 bytes/);
});

test("API-2 a body that is a form gets a clear error", async () => {
  const form = ["Content-Type: application/x-www-form-urlencoded"];
  assert.match(
    await sendRaw("/networks/create", "Name=web", form),
    /^400 unsupported Content-Type header \(application\/x-www-form-urlencoded\)/,
  );
});

test("API-2 nothing of all this has changed anything", async () => {
  assert.deepEqual(await everything(), quiet);
  assert.deepEqual(
    daemon.log.filter((line) => /"level":"(error|fatal)"/.test(line)),
    [],
  );
});

test("API-2 a body that breaks off changes nothing", async () => {
  for (const path of [
    "/networks/create",
    "/containers/create?name=half",
    "/networks/web/connect",
    "/fairlead/containers/holder/ports",
  ]) {
    const socket = connect(host.pathOf(host.socket));
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"Name":"half"`,
    );
    await once(socket, "connect");
    socket.end();
    socket.resume();
    await once(socket, "close");
  }
  assert.deepEqual(await everything(), quiet);
});

/** Sends a request and hangs up at once, without waiting for a word. */
async function hangUp(method: string, path: string, body?: unknown): Promise<void> {
  const text = body === undefined ? "" : JSON.stringify(body);
  const socket = connect(host.pathOf(host.socket));
  socket.on("error", () => {}); // our own hanging up
  const head = `${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n`;
  await new Promise((resolve) => socket.write(head + text, resolve));
  socket.destroy();
}

test("API-2 clients that hang up in the middle of create and start leave whole containers, or none", async () => {
  for (const number of range(10)) await hangUp(...create({}, `hung-${number}`));
  const names = async () =>
    (await host.fairlead("ps", "-a", "--filter", "name=hung", "--format", "{{.Names}}")).split("\n").filter(Boolean);
  const there = await names();
  await Promise.all(there.map((name) => hangUp("POST", `/containers/${name}/start`)));
  for (const name of there) {
    // Behind whatever the start of the client that left still does: 304 where it went through, 204 where it did not.
    assert.match(await refusal(host, "POST", `/containers/${name}/start`), /^(204|304)/);
    assert.match(await host.fairlead("exec", name, "cat", "/etc/hostname"), /^[0-9a-f]{12}$/);
  }
  const all = await names();
  if (all.length > 0) await host.fairlead("rm", "--force", ...all);
  assert.deepEqual(await everything(), quiet);
});

test("API-2 clients that hang up while they follow logs, events, a wait or an exec leave nothing open", async () => {
  const { Id } = (
    await callApi<{ Id: string }>(host, "POST", "/containers/holder/exec", {
      Cmd: ["sleep", "0.1"],
      AttachStdout: true,
    })
  ).body;
  await callApi(host, "GET", "/_ping");
  const before = descriptors();
  const follow: [string, string, unknown?][] = [
    ["GET", "/containers/holder/logs?follow=1&stdout=1"],
    ["GET", "/events"],
    ["POST", "/containers/holder/wait"],
    ["POST", "/containers/holder/attach?stream=1&stdout=1"],
  ];
  for (const request of follow) for (const _ of range(20)) await hangUp(...request);
  await hangUp("POST", `/exec/${Id}/start`, {});
  // Sockets close when the daemon has read that they are gone: it is asked until it has.
  const settled = async () => {
    for (const _ of range(200)) {
      await callApi(host, "GET", "/_ping");
      if (descriptors() <= before) return;
      await wait(20);
    }
  };
  await settled();
  assert.ok(descriptors() <= before, `${descriptors()} open files, ${before} before`);
  assert.deepEqual(await everything(), quiet);
});

test("API-2 a CLI that is killed while it runs a container in the foreground leaves it running", async () => {
  const run = [
    `${checkout}/fairlead`,
    "--host",
    `unix://${host.socket}`,
    "run",
    "--rm",
    "--name",
    "left",
    "--rootfs",
    "host",
  ];
  const child = host.spawn([...run, "sh", "-c", "echo up; while :; do sleep 0.05; done"]);
  await lineOf(child, /^up$/, "run");
  process.kill(-(child.pid ?? 0), "SIGKILL");
  await ending(child);
  assert.equal(await host.fairlead("ps", "--filter", "name=left", "--format", "{{.Names}} {{.State}}"), "left running");
  await host.fairlead("rm", "--force", "left");
  assert.deepEqual(await everything(), quiet);
});

const ok = /^20[0-4] $/;
const served: [what: string, request: readonly ["POST", string, unknown?], answer: RegExp][] = [
  ["labels of a network", network({ Labels: record(10_000, (index) => [`label-${index}`, "v"]) }), ok],
  ["labels of a container", create({ Labels: record(10_000, (index) => [`label-${index}`, "v"]) }), ok],
  ["aliases", onWeb({ Aliases: range(10_000).map((index) => `alias-${index}`) }), ok],
  [
    "published ports",
    create({
      HostConfig: {
        PortBindings: record(10_000, (index) => [`${index + 1}/tcp`, [{ HostPort: String(index + 20_000) }]]),
      },
    }),
    ok,
  ],
  [
    "variables and extra hosts",
    create({
      Env: range(10_000).map((index) => `V${index}=x`),
      HostConfig: { ExtraHosts: range(10_000).map((index) => `h${index}:10.0.0.1`) },
    }),
    ok,
  ],
  [
    "arguments",
    create({
      Cmd: ["sleep", "infinity", ...range(10_000).map(String)].slice(0, 2),
      Entrypoint: ["env", ...range(10_000).map((index) => `A${index}=x`)],
    }),
    ok,
  ],
  [
    "networks that do not exist",
    create({ NetworkingConfig: { EndpointsConfig: record(10_000, (index) => [`net-${index}`, {}]) } }),
    /^400 .*network net-0 not found$/,
  ],
  [
    "subnets",
    network({
      IPAM: { Config: range(10_000).map((index) => ({ Subnet: `10.${100 + (index >> 8)}.${index & 255}.0/24` })) },
    }),
    /^400 .*IPAM\.Config must NOT have more than 1000 items$/,
  ],
  [
    "auxiliary addresses",
    pool({
      Subnet: "10.8.0.0/16",
      AuxiliaryAddresses: record(10_000, (index) => [`a${index}`, `10.8.${index >> 8}.${index & 255}`]),
    }),
    /^20|^40[03] .*10\.8\./,
  ],
];

for (const [what, [method, path, body], answer] of served) {
  test(`API-3 a request with 10,000 ${what} is served or refused clearly`, async () => {
    const said = await refusal(host, method, path, body);
    assert.match(said, answer);
    if (said.startsWith("20") && path.startsWith("/containers")) {
      assert.equal(await refusal(host, "POST", "/containers/wrong/start"), "204 ");
      assert.equal(await host.fairlead("inspect", "--format", "{{.State.Status}}", "wrong"), "running");
      await host.fairlead("rm", "--force", "wrong");
    } else if (said.startsWith("20")) await host.fairlead("network", "rm", "wrong");
    assert.deepEqual(await everything(), quiet);
  });
}

test("API-3 the daemon goes on: what was there works, memory and open files have not grown", async () => {
  const labels = record(10_000, (index) => [`label-${index}`, "v"]);
  const round = async () => {
    for (const _ of range(10)) {
      await callApi(host, "POST", "/networks/create", { Name: "wrong", Labels: labels, Driver: "none-such" });
      await refusal(host, ...create({ Labels: labels, Hostname: "a b" }));
    }
    return { memory: residentMb(), files: descriptors() };
  };
  await round();
  const before = await round();
  for (const _ of range(5)) await round();
  const now = await round();
  // 120 requests of 200 kB each: kept, they and what is parsed of them would be well over 50 MB.
  assert.ok(now.memory < before.memory + 50, `${now.memory} MB, ${before.memory} MB before`);
  assert.ok(now.files <= before.files, `${now.files} open files, ${before.files} before`);
  assert.equal(await host.fairlead("exec", "holder", "hostname", "-i"), "10.5.0.9");
  assert.deepEqual(await everything(), quiet);
});
