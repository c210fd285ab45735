import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { portSockets } from "../kernel/sockets/port-sockets.ts";
import type { PortRequest, Protocol } from "../model/port.ts";
import { createPorts } from "./ports.ts";

const request = (protocol: Protocol, hostPort: number, hostIp = ""): PortRequest => ({
  protocol,
  containerPort: 80,
  hostIp,
  hostPort,
  hostPortEnd: hostPort,
});
const web = { owner: "container web", families: [4, 6] as const };
const descriptors = () => readdirSync("/proc/self/fd").length;

/** Node's servers bind with SO_REUSEADDR (libuv). Resolves to "listening" or the errno name. */
async function tryListen(port: number, host: string): Promise<string> {
  const server = createServer();
  const outcome = once(server, "listening").then(
    () => "listening",
    (error: NodeJS.ErrnoException) => error.code ?? "",
  );
  server.listen({ port, host, ipv6Only: host.includes(":") });
  const result = await outcome;
  if (server.listening) await new Promise((resolve) => server.close(resolve));
  return result;
}

before(() => execFileSync("ip", ["link", "set", "lo", "up"]));

test("ports.reserve() keeps a server with SO_REUSEADDR from taking the port afterwards", async () => {
  const ports = createPorts({ sockets: portSockets });
  const mappings = ports.reserve([request("tcp", 8080)], web);
  for (const host of ["0.0.0.0", "127.0.0.1", "::", "::1"])
    assert.equal(await tryListen(8080, host), "EADDRINUSE", host);
  ports.release(mappings);
  assert.equal(await tryListen(8080, "0.0.0.0"), "listening");
});

test("ports.reserve() refuses connections that miss the rewrite", async () => {
  const ports = createPorts({ sockets: portSockets });
  const mappings = ports.reserve([request("tcp", 8080)], web);
  const [error] = await once(connect(8080, "127.0.0.1"), "error");
  assert.equal((error as NodeJS.ErrnoException).code, "ECONNREFUSED");
  ports.release(mappings);
});

for (const [host, asked] of [
  ["0.0.0.0", ""],
  ["::", "0.0.0.0"],
  ["127.0.0.1", ""],
  ["127.0.0.1", "127.0.0.1"],
] as const) {
  test(`ports.reserve() at "${asked}" names the process that listens at ${host}`, async (t) => {
    const held: Server = createServer().listen({ port: 8080, host });
    t.after(() => held.close());
    await once(held, "listening");
    const found = new RegExp(`8080/tcp.*process ${process.pid} \\(.+\\)$`);
    assert.throws(() => createPorts({ sockets: portSockets }).reserve([request("tcp", 8080, asked)], web), found);
  });
}

test("ports.reserve() clashes with a UDP socket that shares its port", async () => {
  const holder = spawn("socat", ["-u", "UDP4-RECVFROM:5353,reuseaddr", "STDOUT"], { stdio: "ignore" });
  after(() => holder.kill());
  await until(() => portSockets.holderOf("udp", "0.0.0.0", 5353) !== "another process");
  const reserve = () => createPorts({ sockets: portSockets }).reserve([request("udp", 5353)], web);
  assert.throws(reserve, new RegExp(`5353/udp.*process ${holder.pid} \\(socat\\)$`));
});

test("ports.reserve() is not kept from a port by connections in TIME_WAIT", async () => {
  const server = createServer((socket: Socket) => socket.end()).listen(8080, "127.0.0.1"); // closes first: TIME_WAIT is the server's
  await once(server, "listening");
  const client = connect(8080, "127.0.0.1");
  client.resume();
  await once(client, "close");
  await new Promise((resolve) => server.close(resolve));
  assert.match(execFileSync("ss", ["-tan", "state", "time-wait"]).toString(), /127\.0\.0\.1:8080/);
  const ports = createPorts({ sockets: portSockets });
  ports.release(ports.reserve([request("tcp", 8080)], web));
});

test("ports.reserve() leaves no descriptor behind when it fails", () => {
  const ports = createPorts({ sockets: portSockets });
  const mappings = ports.reserve([request("tcp", 8085)], web);
  const open = descriptors();
  assert.throws(() => ports.reserve([request("udp", 8084), request("tcp", 8085)], web), /container web/);
  assert.equal(descriptors(), open);
  ports.release(mappings);
  assert.equal(descriptors(), open - 2);
});

test("ports.reserve() finds ephemeral ports in the kernel's range, one number for both families", () => {
  const ports = createPorts({ sockets: portSockets });
  const [first, last] = portSockets.ephemeralRange();
  const mappings = ports.reserve([request("tcp", 0), request("udp", 0)], web);
  assert.ok(mappings.every(({ hostPort }) => hostPort >= first && hostPort <= last));
  assert.deepEqual([mappings[0]?.hostPort, mappings[2]?.hostPort], [mappings[1]?.hostPort, mappings[3]?.hostPort]);
  ports.release(mappings);
});

/** Polls on the event loop until `done`; the test's own time limit ends it. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve));
}
