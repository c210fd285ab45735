import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, ContainerConfig } from "../../model/container.ts";
import { config, request } from "../containers/fakes.ts";
import { resolvConfFor, upstreamsFor } from "./naming.ts";
import { formatResolvConf, parseResolvConf } from "./resolv-conf.ts";

const host = parseResolvConf("nameserver 127.0.0.53\nnameserver 192.0.2.1\nsearch lan example.org\noptions edns0\n");
const silent = { dns: [], dnsSearch: [], dnsOptions: [] };
const daemon = { dns: ["192.0.2.53"], dnsSearch: ["daemon.test"], dnsOptions: ["rotate"] };

function container(over: Partial<ContainerConfig>): Container {
  return {
    ...{
      id: "c".repeat(64),
      name: "web",
      created: "",
      ports: [],
      config: { ...config, ...request("web", over).config },
    },
    state: { status: "created", pid: 0, exitCode: 0, startedAt: "", finishedAt: "", error: "", stoppedByUser: false },
  };
}

test("parseResolvConf() takes the last search or domain, adds options up and skips comments", () => {
  const text =
    "# nameserver 1.1.1.1\n;x\n domain a\nsearch b c\nnameserver\t::1 # us\nnameserver\noptions x ndots:2\noptions y";
  assert.deepEqual(parseResolvConf(text), { nameservers: ["::1"], search: ["b", "c"], options: ["x", "ndots:2", "y"] });
});

test("formatResolvConf() writes what parseResolvConf() reads", () => {
  assert.deepEqual(parseResolvConf(formatResolvConf(host, ["made by hand"])), host);
});

const embedded: {
  name: string;
  over: Partial<ContainerConfig>;
  from: typeof daemon | typeof silent;
  lines: string[];
}[] = [
  {
    name: "the host's search and options",
    ...{ over: {}, from: silent },
    lines: ["nameserver 127.0.0.11", "search lan example.org", "options edns0 ndots:0"],
  },
  {
    name: "the daemon's before the host's",
    ...{ over: {}, from: daemon },
    lines: ["nameserver 127.0.0.11", "search daemon.test", "options rotate ndots:0"],
  },
  {
    name: "its own before all",
    over: { dns: ["198.51.100.1"], dnsSearch: ["own.test"], dnsOptions: ["ndots:3"] },
    from: daemon,
    lines: ["nameserver 127.0.0.11", "search own.test", "options ndots:3"],
  },
  {
    name: "no search for a dot",
    over: { dnsSearch: ["."] },
    from: daemon,
    lines: ["nameserver 127.0.0.11", "options rotate ndots:0"],
  },
  {
    name: "the host's servers in host mode",
    over: { networkMode: { kind: "host" } },
    from: silent,
    lines: ["nameserver 127.0.0.53", "nameserver 192.0.2.1", "search lan example.org", "options edns0"],
  },
  {
    name: "no loopback servers without a network",
    over: { networkMode: { kind: "none" } },
    from: silent,
    lines: ["nameserver 192.0.2.1", "search lan example.org", "options edns0"],
  },
];
for (const { name, over, from, lines } of embedded) {
  test(`resolvConfFor() has ${name}`, () => {
    const text = resolvConfFor(container(over), from, host, []);
    const found = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    assert.deepEqual(found, lines);
  });
}

test("resolvConfFor() says where everything comes from", () => {
  const text = resolvConfFor(container({ dnsSearch: ["own.test"] }), silent, host, []);
  assert.equal(
    text,
    `# Made by Fairlead for this container; once it has been edited it is left alone.
# The embedded resolver asks (host): 127.0.0.53 from the host, 192.0.2.1 from the host
# Origin of the rest: search: container, options: host and ndots: embedded resolver
nameserver 127.0.0.11
search own.test
options edns0 ndots:0
`,
  );
});

const upstreams = [
  { name: "its own servers from its sandbox", dns: ["198.51.100.1"], from: daemon, expected: ["198.51.100.1 sandbox"] },
  { name: "the daemon's from the host", dns: [], from: daemon, expected: ["192.0.2.53 host"] },
  {
    name: "the host's from the host, loopback too",
    dns: [],
    from: silent,
    expected: ["127.0.0.53 host", "192.0.2.1 host"],
  },
  { name: "nobody rather than itself", dns: ["127.0.0.11"], from: daemon, expected: [] },
  {
    name: "three at most",
    dns: ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"],
    from: silent,
    expected: ["192.0.2.1 sandbox", "192.0.2.2 sandbox", "192.0.2.3 sandbox"],
  },
];
for (const { name, dns, from, expected } of upstreams) {
  test(`upstreamsFor() asks ${name}`, () => {
    const found = upstreamsFor(container({ dns }), from, host, []);
    assert.deepEqual(
      found.map((upstream) => `${upstream.address} ${upstream.from}`),
      expected,
    );
    assert.ok(found.every(({ port }) => port === 53));
  });
}
