import assert from "node:assert/strict";
import { test } from "node:test";
import type { ResolverConfig } from "../contracts/names.ts";
import { answer } from "./answer.ts";
import { isBad, parseQuery } from "./query.ts";
import { rcodeName } from "./rcode.ts";
import { config, queryBytes } from "./testing/messages.ts";
import { makeView } from "./view.ts";
import { decodeName } from "./wire/name.ts";
import { Zone } from "./zone.ts";

const [A, NS, PTR, MX, TXT, AAAA, SRV, HTTPS, AXFR, ANY] = [1, 2, 12, 15, 16, 28, 33, 65, 252, 255] as const;

const zone = new Zone();
zone.publish({
  endpointId: "e1",
  networkId: "n1",
  names: ["web", "shop", "c0ffee"],
  ipv4: "172.18.0.2/24",
  ipv6: "fd00::2/64",
});
zone.publish({ endpointId: "e2", networkId: "n1", names: ["db", "shop"], ipv4: "172.18.0.3" });
zone.publish({ endpointId: "e3", networkId: "n2", names: ["web", "Mail.Example.Com"], ipv4: "172.19.0.2" });
zone.publish({ endpointId: "e4", networkId: "n3", names: ["secret"], ipv4: "10.9.0.2" });

const both = [
  { id: "n2", name: "Net.Two", subnets: ["172.19.0.0/24"] },
  { id: "n1", name: "net1", subnets: ["172.18.0.0/24", "fd00::/64"] },
];

/** "NOERROR 172.18.0.2", or "forward". */
function ask(name: string, type: number, changes: Partial<ResolverConfig> = {}, cls = 1): string {
  const bytes = queryBytes({ name, type, class: cls });
  const query = parseQuery(bytes, 0, bytes.length);
  assert.ok(query && !isBad(query));
  const decided = answer(query, makeView(zone, config(changes)));
  if (decided === "forward") return decided;
  const text = (data: Uint8Array) => {
    if (type === PTR) return decodeName(data, 0).name;
    return data.length === 4 ? data.join(".") : Buffer.from(data).toString("hex");
  };
  return [rcodeName(decided.rcode), ...decided.data.map(text)].join(" ");
}

const cases: { name: string; type: number; with?: Partial<ResolverConfig>; class?: number; is: string; why: string }[] =
  [
    { name: "web", type: A, is: "NOERROR 172.18.0.2", why: "a container's name" },
    { name: "WeB.", type: A, is: "NOERROR 172.18.0.2", why: "a name in any case" },
    { name: "c0ffee", type: A, is: "NOERROR 172.18.0.2", why: "an alias" },
    { name: "web", type: AAAA, is: "NOERROR fd000000000000000000000000000002", why: "the other family" },
    { name: "shop", type: A, is: "NOERROR 172.18.0.2 172.18.0.3", why: "all containers that share an alias" },
    { name: "db", type: AAAA, is: "NOERROR", why: "a known name without that family" },
    ...[NS, MX, TXT, SRV, HTTPS, ANY, 13, AXFR].map((type) => ({
      name: "web",
      type,
      is: "NOERROR",
      why: `type ${type} of a known name`,
    })),
    { name: "web.net1", type: MX, is: "NOERROR", why: "a qualified known name without that type" },
    { name: "web.net1", type: A, is: "NOERROR 172.18.0.2", why: "a name with its network" },
    { name: "web.NET1", type: A, is: "NOERROR 172.18.0.2", why: "a network's name in any case" },
    {
      name: "web.net.two",
      type: A,
      with: { networks: both },
      is: "NOERROR 172.19.0.2",
      why: "a network's name with a dot",
    },
    {
      name: "web.net1",
      type: A,
      with: { networks: both },
      is: "NOERROR 172.18.0.2",
      why: "the network named, though not first",
    },
    { name: "web.net2", type: A, is: "forward", why: "a network that the sandbox is not on" },
    { name: "secret", type: A, is: "forward", why: "a name of a network that the sandbox is not on" },
    {
      name: "db.net.two",
      type: A,
      with: { networks: both },
      is: "forward",
      why: "a name that this network does not have",
    },
    { name: "net1", type: A, is: "forward", why: "a network's name alone" },
    {
      name: "web",
      type: A,
      with: { networks: both },
      is: "NOERROR 172.19.0.2",
      why: "the first network that has the name",
    },
    {
      name: "db",
      type: A,
      with: { networks: both },
      is: "NOERROR 172.18.0.3",
      why: "the second network when the first has not the name",
    },
    {
      name: "mail.example.com",
      type: A,
      with: { networks: both },
      is: "NOERROR 172.19.0.2",
      why: "an alias with dots",
    },
    {
      name: "web",
      type: A,
      with: { links: { web: "db" } },
      is: "NOERROR 172.18.0.3",
      why: "a link before a network's name",
    },
    { name: "store", type: A, with: { links: { Store: "DB" } }, is: "NOERROR 172.18.0.3", why: "a link in any case" },
    {
      name: "gone",
      type: A,
      with: { links: { gone: "stopped" } },
      is: "NXDOMAIN",
      why: "a link whose container is away",
    },
    {
      name: "web",
      type: A,
      with: { links: { web: "stopped" } },
      is: "NOERROR 172.18.0.2",
      why: "a network's name behind a link whose container is away",
    },
    { name: "2.0.18.172.in-addr.arpa", type: PTR, is: "NOERROR web.net1.", why: "the container of an address" },
    {
      name: "2.0.18.172.in-addr.arpa",
      type: PTR,
      with: { networks: [{ id: "n1", name: "n".repeat(64) }] },
      is: "NOERROR web.",
      why: "the container of an address on a network whose name is no label",
    },
    { name: "2.0.18.172.in-addr.arpa", type: TXT, is: "NOERROR", why: "another type for an address we own" },
    {
      name: "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.D.F.ip6.arpa",
      type: PTR,
      is: "NOERROR web.net1.",
      why: "the container of an IPv6 address",
    },
    { name: "9.0.18.172.in-addr.arpa", type: PTR, is: "NXDOMAIN", why: "a free address of the sandbox's networks" },
    {
      name: "9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa",
      type: PTR,
      with: { networks: both },
      is: "NXDOMAIN",
      why: "a free IPv6 address of the sandbox's networks",
    },
    {
      name: "2.0.9.10.in-addr.arpa",
      type: PTR,
      is: "NXDOMAIN",
      why: "an address of a network that the sandbox is not on",
    },
    { name: "8.8.8.8.in-addr.arpa", type: PTR, is: "forward", why: "an address that is not ours" },
    { name: "256.0.18.172.in-addr.arpa", type: PTR, is: "forward", why: "a reverse name that is no address" },
    { name: "example.com", type: A, is: "forward", why: "an unknown name" },
    {
      name: "example.com",
      type: A,
      with: { forward: false },
      is: "SERVFAIL",
      why: "an unknown name without a way out",
    },
    {
      name: "8.8.8.8.in-addr.arpa",
      type: PTR,
      with: { forward: false },
      is: "SERVFAIL",
      why: "a foreign address without a way out",
    },
    { name: "example.com", type: AXFR, is: "REFUSED", why: "a zone transfer" },
    { name: "localhost", type: A, is: "NOERROR 127.0.0.1", why: "localhost" },
    {
      name: "app.localhost",
      type: AAAA,
      is: "NOERROR 00000000000000000000000000000001",
      why: "a name below localhost",
    },
    { name: "version.bind", type: TXT, class: 3, is: "REFUSED", why: "class CHAOS" },
    { name: "web", type: A, class: 255, is: "NOERROR 172.18.0.2", why: "any class" },
  ];
for (const { name, type, with: changes, class: cls, is, why } of cases)
  test(`answer() for ${why}: ${is.replace(/ .*/, "")}`, () => assert.equal(ask(name, type, changes, cls), is));

test("Zone forgets an endpoint wholly, and keeps the others that share its names", () => {
  const changing = new Zone();
  const web = { endpointId: "e1", networkId: "n1", names: ["web", "shop"], ipv4: "10.0.0.1" };
  changing.publish(web);
  changing.publish({ endpointId: "e2", networkId: "n1", names: ["db", "shop"], ipv4: "10.0.0.2" });
  changing.publish({ ...web, names: ["renamed", "shop"], ipv4: "10.0.0.3" });
  const seen = () =>
    ["web", "renamed", "shop"].map((name) =>
      changing.find("n1", `${String.fromCharCode(name.length)}${name}\0`)?.ipv4.map((a) => a.join(".")),
    );
  assert.deepEqual(seen(), [undefined, ["10.0.0.3"], ["10.0.0.2", "10.0.0.3"]]);
  assert.equal(changing.findReverse("n1", "\x011\x010\x010\x0210\x07in-addr\x04arpa\0"), undefined);
  changing.withdraw("e1");
  changing.withdraw("e1");
  assert.deepEqual(seen(), [undefined, undefined, ["10.0.0.2"]]);
  assert.equal(changing.owns("\x013\x010\x010\x0210\x07in-addr\x04arpa\0"), false);
});
