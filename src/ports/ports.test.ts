import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../base/errors.ts";
import { KernelError } from "../base/kernel-error.ts";
import type { PortSockets } from "../contracts/ports.ts";
import type { PortRequest } from "../model/port.ts";
import { createPorts } from "./ports.ts";

/** Sockets as a list; `foreign` are ports of other processes, on every address. */
function recorder(foreign: readonly number[] = []) {
  const open = new Map<number, string>();
  let last = 2;
  const sockets: PortSockets = {
    bind(protocol, address, port) {
      if (foreign.includes(port)) throw new KernelError(`bind to ${address}:${port}`, "EADDRINUSE");
      if (address === "203.0.113.9") throw new KernelError(`bind to ${address}:${port}`, "EADDRNOTAVAIL");
      if (protocol === "sctp") return undefined;
      open.set(++last, `${address} ${port} ${protocol}`);
      return last;
    },
    close: (fd) => assert.ok(open.delete(fd), `closed ${fd} twice`),
    ephemeralRange: () => [40000, 40003],
    holderOf: () => "process 7 (nginx)",
  };
  return { sockets, bound: () => [...open.values()].sort() };
}

const request = (hostPort: number, more: Partial<PortRequest> = {}): PortRequest => ({
  protocol: "tcp",
  containerPort: 80,
  hostIp: "",
  hostPort,
  hostPortEnd: hostPort,
  ...more,
});
const web = { owner: "container web", families: [4, 6] as const };
const hasCode = (code: string, text: RegExp) => (error: unknown) =>
  error instanceof EngineError && error.code === code && text.test(error.message);

test("ports.reserve() binds every address of both families under one number", () => {
  const { sockets, bound } = recorder();
  const mappings = createPorts({ sockets }).reserve([request(8080)], web);
  assert.deepEqual(mappings, [
    { protocol: "tcp", hostIp: "0.0.0.0", hostPort: 8080, containerPort: 80 },
    { protocol: "tcp", hostIp: "::", hostPort: 8080, containerPort: 80 },
  ]);
  assert.deepEqual(bound(), ["0.0.0.0 8080 tcp", ":: 8080 tcp"]);
});

test("ports.reserve() takes the first free port of a range", () => {
  const { sockets } = recorder([8000, 8001]);
  const mappings = createPorts({ sockets }).reserve([request(8000, { hostPortEnd: 8005 })], web);
  assert.deepEqual(
    mappings.map(({ hostPort }) => hostPort),
    [8002, 8002],
  );
});

test("ports.reserve() searches the whole ephemeral range from a random start", () => {
  const { sockets } = recorder([40003, 40000]);
  const [mapping] = createPorts({ sockets, random: () => 0.99 }).reserve([request(0)], web);
  assert.equal(mapping?.hostPort, 40001);
});

test("ports.reserve() keeps nothing when one of many is taken, and names port and process", () => {
  const { sockets, bound } = recorder([8081]);
  const ports = createPorts({ sockets });
  assert.throws(
    () => ports.reserve([request(8080), request(8081, { hostIp: "127.0.0.1" })], web),
    hasCode("PORT_TAKEN", /127\.0\.0\.1:8081\/tcp: port is already allocated to process 7 \(nginx\)$/),
  );
  assert.deepEqual(bound(), []);
});

test("ports.reserve() names the container that has the port, on any overlapping address", () => {
  const { sockets } = recorder();
  const ports = createPorts({ sockets });
  ports.reserve([request(8080)], web);
  const again = () => ports.reserve([request(8080, { hostIp: "::1" })], { owner: "container two", families: [4, 6] });
  assert.throws(again, hasCode("PORT_TAKEN", /\[::1\]:8080\/tcp.* container web$/));
});

test("ports.reserve() lets protocols, and different addresses, share a number", () => {
  const { sockets, bound } = recorder();
  const at = (hostIp: string) => request(53, { hostIp });
  createPorts({ sockets }).reserve([at("10.0.0.1"), at("10.0.0.2"), { ...at("10.0.0.1"), protocol: "udp" }], web);
  assert.equal(bound().length, 3);
});

test("ports.reserve() keeps SCTP in its own books where the kernel has no such sockets", () => {
  const { sockets } = recorder();
  const ports = createPorts({ sockets });
  const mappings = ports.reserve([request(9, { protocol: "sctp" })], web);
  assert.throws(() => ports.reserve([request(9, { protocol: "sctp" })], web), hasCode("PORT_TAKEN", /container web/));
  ports.release(mappings);
  assert.equal(ports.reserve([request(9, { protocol: "sctp" })], web).length, 2);
});

test("ports.reserve() refuses addresses that are not the host's or not of the container's family", () => {
  const ports = createPorts({ sockets: recorder().sockets });
  assert.throws(() => ports.reserve([request(1, { hostIp: "203.0.113.9" })], web), hasCode("INVALID", /no interface/));
  const ipv4 = { owner: "container web", families: [4] as const };
  assert.throws(() => ports.reserve([request(1, { hostIp: "::1" })], ipv4), hasCode("INVALID", /no IPv6 address/));
});

test("ports.release() closes once and makes the port free", () => {
  const { sockets, bound } = recorder();
  const ports = createPorts({ sockets });
  const mappings = ports.reserve([request(8080)], web);
  ports.release(mappings);
  ports.release(mappings);
  assert.deepEqual(bound(), []);
  assert.equal(ports.reserve([request(8080)], web).length, 2);
});

test("ports.reserve() gives addresses their one spelling, so that every address is known as such", () => {
  const ports = createPorts({ sockets: recorder().sockets });
  const [any] = ports.reserve([request(80, { hostIp: "0:0::0" })], web);
  assert.equal(any?.hostIp, "::");
  const loopback = request(80, { hostIp: "0:0:0:0:0:0:0:1" });
  assert.throws(() => ports.reserve([loopback], web), hasCode("PORT_TAKEN", /\[::1\]:80\/tcp/));
});

test("ports.adopt() takes back what is free, twice is once, and says why it has not the rest", () => {
  const { sockets, bound } = recorder([81]);
  const ports = createPorts({ sockets });
  const mapping = (hostPort: number) => ({ protocol: "tcp" as const, hostIp: "0.0.0.0", hostPort, containerPort: 80 });
  const elsewhere = { ...mapping(82), hostIp: "203.0.113.9" };
  const lost = [
    { mapping: mapping(81), why: "process 7 (nginx) has it" },
    { mapping: elsewhere, why: "Invalid host address 203.0.113.9: no interface of the host has it" },
  ];
  assert.deepEqual(ports.adopt([mapping(80), mapping(81), elsewhere], "container web"), lost);
  assert.deepEqual(ports.adopt([mapping(80)], "container web"), []);
  assert.deepEqual(bound(), ["0.0.0.0 80 tcp"]);
});

test("ports.reserve() takes no port of the host in a routed family, whatever address and number are asked for", () => {
  const { sockets, bound } = recorder([8080]);
  const ports = createPorts({ sockets });
  const reserve = (request: PortRequest, routed: (4 | 6)[]) => {
    const mappings = ports.reserve([request], { ...web, routed });
    return mappings.map(({ hostIp, hostPort }) => `${hostIp} ${hostPort}`);
  };
  assert.deepEqual(reserve(request(8080), [4, 6]), ["0.0.0.0 0", ":: 0"]);
  assert.deepEqual(reserve(request(8081, { hostIp: "127.0.0.1" }), [4]), ["0.0.0.0 0"]);
  assert.deepEqual(bound(), []);
  assert.deepEqual(reserve(request(8081), [6]), ["0.0.0.0 8081", ":: 0"]);
  assert.deepEqual(bound(), ["0.0.0.0 8081 tcp"]);
  const opened = { protocol: "tcp", hostIp: "::", hostPort: 0, containerPort: 80 } as const;
  assert.deepEqual(ports.adopt([opened], "container web"), []);
  ports.release([opened]);
  assert.deepEqual(bound(), ["0.0.0.0 8081 tcp"]);
});
