import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreAddress } from "../contracts/cluster-store.ts";
import { type AddressOptions, formatClusterAddress, parseClusterAddress } from "./address.ts";
import { withCode } from "./testing/subject.ts";

const etcd = (address: Partial<StoreAddress>): StoreAddress => ({
  kind: "etcd",
  endpoints: ["10.0.0.1:2379"],
  prefix: "fairlead",
  ...address,
});

const parsed: [text: string, address: StoreAddress, options?: AddressOptions][] = [
  ["etcd://10.0.0.1:2379", etcd({})],
  ["etcd://10.0.0.1", etcd({})],
  ["etcd://10.0.0.1/", etcd({})],
  ["etcd://10.0.0.1:1,b.example:2,[fd00::1]", etcd({ endpoints: ["10.0.0.1:1", "b.example:2", "[fd00::1]:2379"] })],
  ["etcd://10.0.0.1/site/lab_2/", etcd({ prefix: "site/lab_2" })],
  ["etcd://u:p@10.0.0.1", etcd({ user: "u", password: "p" })],
  ["etcd://u:p%40%2F%3A:@10.0.0.1/x", etcd({ user: "u", password: "p@/::", prefix: "x" })],
  ["etcd://u:p@q@10.0.0.1", etcd({ user: "u", password: "p@q" })],
  ["etcd://u@10.0.0.1", etcd({ user: "u", password: "from a file" }), { password: "from a file" }],
  ["etcds://10.0.0.1", etcd({ tls: {} })],
  ["etcd://10.0.0.1", etcd({ tls: { ca: "/ca" } }), { ca: "/ca" }],
  ["etcds://10.0.0.1", etcd({ tls: { certificate: "/c", key: "/k" } }), { certificate: "/c", key: "/k" }],
  ["consul://:token@c:1", { kind: "consul", endpoints: ["c:1"], prefix: "fairlead", password: "token" }],
  ["consul://c", { kind: "consul", endpoints: ["c:8500"], prefix: "fairlead", password: "t" }, { password: "t" }],
  ["consuls://c", { kind: "consul", endpoints: ["c:8501"], prefix: "fairlead", tls: {} }],
];

for (const [text, address, options] of parsed) {
  test(`parseClusterAddress() takes ${text}${options ? ` with ${Object.keys(options)}` : ""}`, () => {
    assert.deepEqual(parseClusterAddress(text, options), address);
  });
}

const refused: [text: string, why: RegExp, options?: AddressOptions][] = [
  ["", /must be etcd:/],
  ["10.0.0.1:2379", /must be etcd:/],
  ["zookeeper://10.0.0.1", /must be etcd:/],
  ["toString://10.0.0.1", /must be etcd:/],
  ["etcd://", /"" is no HOST:PORT/],
  ["etcd://a,,b", /"" is no HOST:PORT/],
  ["etcd://a b", /"a b" is no HOST:PORT/],
  ["etcd://10.0.0.256", /"10.0.0.256" is no HOST:PORT/],
  ["etcd://fd00::1", /"fd00::1" is no HOST:PORT/],
  ["etcd://[fd00::g]", /is no HOST:PORT/],
  ["etcd://a:0", /port of "a:0"/],
  ["etcd://a:65536", /port of "a:65536"/],
  ["etcd://a:http", /port of "a:http"/],
  ["etcd://a,a:2379", /a:2379 is there twice/],
  ["etcd://a/b//c", /prefix "b\/\/c"/],
  ["etcd://a/b?c=d", /prefix "b[?]c=d"/],
  ["etcd://secret:secret/secret@a", /"\/" before the "@"/],
  ["etcd://secret:secret%@a", /no escape/],
  ["etcd://secret:secret@a:x", /port of "a:x"/],
  ["consul://secret@c", /Consul has no users: .* consul:\/\/:TOKEN@HOST/],
  ["consuls://user:secret@c", /Consul has no users/],
  ["etcd://:secret@a", /a password needs its user/],
  ["etcd://a", /a password needs its user/, { password: "secret" }],
  ["etcds://a", /both files or none/, { certificate: "/c" }],
  ["etcds://a", /both files or none/, { key: "/k" }],
];

for (const [text, why, options] of refused) {
  test(`parseClusterAddress() refuses "${text}"${options ? ` with ${Object.keys(options)}` : ""}`, () => {
    const parse = () => parseClusterAddress(text, options);
    assert.throws(parse, withCode("INVALID"));
    assert.throws(parse, why);
    assert.throws(parse, (error: Error) => !error.message.includes("secret"));
  });
}

test("formatClusterAddress() leaves user and password out", () => {
  const text = "etcds://u:p@10.0.0.1:1,b:2/lab";
  assert.equal(formatClusterAddress(parseClusterAddress(text)), "etcds://10.0.0.1:1,b:2/lab");
});
