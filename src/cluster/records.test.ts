import assert from "node:assert/strict";
import { test } from "node:test";
import { read } from "./records.ts";
import { draft } from "./testing/hosts.ts";

const id = "a".repeat(64);
const host = {
  id,
  name: "host1",
  epoch: 1,
  vtep: "192.0.2.1",
  mtu: 1500,
  created: "2026-01-01T00:00:00Z",
  drained: false,
};
const endpoint = {
  ...{ networkId: id, endpointId: "e1", containerId: "c1", container: "web", names: ["web"], mac: "02:42:0a:00:09:02" },
  ...{ ipv4: "10.0.9.2", host: id, epoch: 1 },
};
const network = draft("red", "10.0.9.0/24");

const good: readonly [key: string, value: object][] = [
  [`hosts/${id}`, host],
  [`hosts/${id}`, { ...host, vtep: "", tunnel: { address: "fd00::1", publicKey: "k", port: 51820 } }],
  [`live/${id}`, { epoch: 1, since: "", version: "0.1.0" }],
  [`networks/${network.id}`, { network }],
  [`slots/${id}/4/0a000900`, { host: id }],
  [`slots/${id}/6/0a000900`, { singles: { "fd00::5": id } }],
  [`endpoints/${id}/10.0.9.2`, endpoint],
  [`endpoints/${id}/10.0.9.2`, { ...endpoint, fromALaterRelease: true }],
  [`wishes/${id}/4/${id}`, { host: id, slot: "a000900" }],
];
for (const [key, value] of good) {
  test(`read() takes ${key.split("/")[0]} ${JSON.stringify(value).slice(0, 60)}`, () => {
    assert.deepEqual(read({ key, value: JSON.stringify(value), revision: 1 }), value);
  });
}

const bad: readonly [what: string, key: string, value: unknown, why: RegExp][] = [
  ["no JSON", `hosts/${id}`, undefined, /it is no record of ours/],
  ["null", `hosts/${id}`, null, /it is no record of ours/],
  ["an empty host", `hosts/${id}`, {}, /its id is wrong/],
  ["a host under another's key", "hosts/b", host, /it is the record of another key/],
  ["a VTEP that is no address", `hosts/${id}`, { ...host, vtep: "zzz" }, /"zzz" is no address/],
  ["an endpoint without a MAC", `endpoints/${id}/10.0.9.2`, { ...endpoint, mac: "" }, /its mac is wrong/],
  ["an endpoint without names", `endpoints/${id}/10.0.9.2`, { ...endpoint, names: undefined }, /its names is wrong/],
  ["an endpoint at another address", `endpoints/${id}/10.0.9.3`, endpoint, /it is the record of another key/],
  ["an endpoint at no address", `endpoints/${id}/zzz`, { ...endpoint, ipv4: "zzz" }, /"zzz" is no address/],
  ["a network without pools", `networks/${network.id}`, { network: { ...network, pools: [] } }, /network\/pools/],
  [
    "a network whose subnet is none",
    `networks/${network.id}`,
    { network: { ...network, pools: [{ subnet: "10.0.9.1/24", aux: {} }] } },
    /"10\.0\.9\.1\/24" is no address block/,
  ],
  ["a slot of nobody", `slots/${id}/4/0a000900`, {}, /is wrong/],
  ["a wish for no slot", `wishes/${id}/4/${id}`, { host: id, slot: "zz" }, /its slot is wrong/],
];
for (const [what, key, value, why] of bad) {
  test(`read() refuses ${what}, and names the key`, () => {
    const text = value === undefined ? "{" : JSON.stringify(value);
    assert.throws(
      () => read({ key, value: text, revision: 1 }),
      (error: Error) => why.test(error.message) && error.message.includes(key),
    );
  });
}
