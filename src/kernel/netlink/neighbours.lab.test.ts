import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { before, test } from "node:test";
import { NLM_F_CREATE } from "./frame.ts";
import { listNeighbours, listRules } from "./lists.ts";
import { NTF_MASTER, NUD_NOARP, NUD_PERMANENT, neighbourMessage, RTM_DELNEIGH, RTM_NEWNEIGH } from "./neighbour.ts";
import { RTM_DELRULE, RTM_NEWRULE, ruleMessage } from "./rule.ts";
import { NETLINK_ROUTE, NetlinkSocket, request } from "./socket.ts";

const AF_INET = 2;
const AF_BRIDGE = 7;
const FR_ACT_TO_TBL = 1; // include/uapi/linux/fib_rules.h

const ip = (...args: string[]): string => execFileSync("ip", args, { encoding: "utf8" });
const indexOf = (name: string): number => JSON.parse(ip("-j", "link", "show", name))[0].ifindex;

before(() => {
  ip("link", "add", "br-lab", "type", "bridge");
  ip("link", "add", "port", "type", "veth", "peer", "name", "far");
  ip("link", "set", "port", "master", "br-lab");
  for (const name of ["br-lab", "port", "far"]) ip("link", "set", name, "up");
});

test("neighbourMessage adds a neighbour that iproute2 sees, listNeighbours() finds it, and it goes again", () => {
  using socket = new NetlinkSocket(NETLINK_ROUTE);
  const value = {
    header: { family: AF_INET, ifIndex: indexOf("br-lab"), state: NUD_PERMANENT },
    attributes: { destination: "10.9.0.7", linkAddress: "02:00:00:00:00:07" },
  };
  socket.run([request("add neighbour", RTM_NEWNEIGH, neighbourMessage, { ...value, flags: NLM_F_CREATE })]);
  assert.match(ip("neigh", "show", "10.9.0.7"), /dev br-lab lladdr 02:00:00:00:00:07 PERMANENT/);
  const found = listNeighbours(socket, AF_INET).find(({ attributes }) => attributes.destination === "10.9.0.7");
  assert.equal(found?.attributes.linkAddress, "02:00:00:00:00:07");
  socket.run([request("remove neighbour", RTM_DELNEIGH, neighbourMessage, value)]);
  assert.equal(ip("neigh", "show", "10.9.0.7"), "");
});

test("neighbourMessage adds a forwarding entry of a bridge, listNeighbours() finds it, and it goes again", () => {
  using socket = new NetlinkSocket(NETLINK_ROUTE);
  const value = {
    header: { family: AF_BRIDGE, ifIndex: indexOf("port"), state: NUD_NOARP, flags: NTF_MASTER },
    attributes: { linkAddress: "02:00:00:00:00:08" },
  };
  const seen = () => execFileSync("bridge", ["fdb", "show", "br", "br-lab"], { encoding: "utf8" });
  socket.run([request("add entry", RTM_NEWNEIGH, neighbourMessage, { ...value, flags: NLM_F_CREATE })]);
  assert.match(seen(), /02:00:00:00:00:08 dev port master br-lab static/);
  const found = listNeighbours(socket, AF_BRIDGE).map(({ attributes }) => attributes.linkAddress);
  assert.ok(found.includes("02:00:00:00:00:08"));
  socket.run([request("remove entry", RTM_DELNEIGH, neighbourMessage, value)]);
  assert.doesNotMatch(seen(), /02:00:00:00:00:08/);
});

test("ruleMessage adds a policy rule, listRules() finds it, and a wrong one is refused by name", () => {
  using socket = new NetlinkSocket(NETLINK_ROUTE);
  const value = {
    header: { family: AF_INET, sourceLength: 24, action: FR_ACT_TO_TBL },
    attributes: { source: "10.9.0.0", priority: 99, table: 4711 },
  };
  socket.run([request("add rule", RTM_NEWRULE, ruleMessage, { ...value, flags: NLM_F_CREATE })]);
  assert.match(ip("rule"), /99:\s+from 10\.9\.0\.0\/24 lookup 4711/);
  const found = listRules(socket).find(({ attributes }) => attributes.priority === 99);
  assert.deepEqual([found?.attributes.source, found?.attributes.table], ["10.9.0.0", 4711]);
  socket.run([request("remove rule", RTM_DELRULE, ruleMessage, value)]);
  assert.doesNotMatch(ip("rule"), /4711/);
  assert.throws(
    () => socket.run([request("remove rule 99", RTM_DELRULE, ruleMessage, value)]),
    /Cannot remove rule 99: ENOENT/,
  );
});
