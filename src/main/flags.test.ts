import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { alone } from "./cluster-options.ts";
import { readConfigFile } from "./config-file.ts";
import { type ParsedFlags, parseFlags } from "./flags.ts";

/** Parses without looking at the machine's own configuration file. */
const parse = (argv: readonly string[]): ParsedFlags => parseFlags(argv, () => undefined);
const options = (...argv: string[]) => parse(argv).options;

function configured(config: unknown, ...argv: string[]): ParsedFlags {
  const path = join(mkdtempSync(join(tmpdir(), "fairlead-flags-")), "daemon.json");
  writeFileSync(path, typeof config === "string" ? config : JSON.stringify(config));
  return parseFlags(["--config-file", path, ...argv]);
}

test("parseFlags() without flags gives the defaults of the reference", () => {
  assert.deepEqual(options(), {
    hosts: ["unix:///run/fairlead/fairlead.sock"],
    group: "fairlead",
    dataRoot: "/var/lib/fairlead",
    execRoot: "/run/fairlead",
    pidfile: "/run/fairlead/fairlead.pid",
    plugins: {
      directories: ["/run/docker/plugins", "/etc/docker/plugins", "/usr/lib/docker/plugins"],
      timeoutMs: 30_000,
    },
    logConfig: { type: "json-file", options: {} },
    namespaces: {},
    configFile: "",
    logLevel: "info",
    labels: [],
    addressPools: [],
    bridge: { name: "", icc: true, ipv6: false, masquerade: true, hostIp: "" },
    networkOptions: {},
    ipForward: true,
    directRouting: false,
    hostGatewayIps: [],
    dns: [],
    dnsSearch: [],
    dnsOptions: [],
    registries: { insecure: [], mirrors: [] },
    cluster: alone,
  });
});

test("parseFlags() puts socket and pid file below --exec-root unless they are named", () => {
  const { hosts, pidfile } = options("--exec-root", "/run/second");
  assert.deepEqual(
    { hosts, pidfile },
    { hosts: ["unix:///run/second/fairlead.sock"], pidfile: "/run/second/fairlead.pid" },
  );
  assert.equal(options("--exec-root", "/run/second", "-p", "/x.pid").pidfile, "/x.pid");
});

const read: readonly [name: string, argv: readonly string[], expected: object][] = [
  [
    "a log driver with options",
    ["--log-driver", "local", "--log-opt", "max-size=1m", "--log-opt=max-file=2"],
    { logConfig: { type: "local", options: { "max-size": "1m", "max-file": "2" } } },
  ],
  [
    "repeated hosts",
    ["-H", "unix:///a.sock", "--host=tcp://127.0.0.1:2375"],
    { hosts: ["unix:///a.sock", "tcp://127.0.0.1:2375"] },
  ],
  ["a debug flag", ["-D"], { logLevel: "debug" }],
  ["a log level", ["-l", "warn"], { logLevel: "warn" }],
  [
    "repeated address pools",
    ["--default-address-pool", "base=10.0.0.0/8,size=24", "--default-address-pool", "size=64,base=fd00::/48"],
    {
      addressPools: [
        { base: "10.0.0.0/8", size: 24 },
        { base: "fd00::/48", size: 64 },
      ],
    },
  ],
  [
    "namespaces of containers",
    ["--default-ipc-mode", "shareable", "--default-cgroupns-mode=host"],
    { namespaces: { ipc: "shareable", cgroup: "host" } },
  ],
  ["name servers", ["--dns", "1.1.1.1", "--dns=fd00::1"], { dns: ["1.1.1.1", "fd00::1"] }],
  [
    "resolver settings",
    ["--dns-search", "a.test", "--dns-opt", "ndots:1"],
    { dnsSearch: ["a.test"], dnsOptions: ["ndots:1"] },
  ],
  [
    "network options",
    ["--default-network-opt", "bridge=com.docker.network.driver.mtu=1400"],
    { networkOptions: { bridge: { "com.docker.network.driver.mtu": "1400" } } },
  ],
  ["host gateways", ["--host-gateway-ip", "10.0.0.1,fd00::1"], { hostGatewayIps: ["10.0.0.1", "fd00::1"] }],
  [
    "a cluster",
    [
      "--cluster",
      "etcd://10.0.0.1:2379,10.0.0.2:2379",
      "--advertise=eth1",
      "--vxlan-port",
      "4790",
      "--cluster-lease=5s",
    ],
    {
      cluster: { ...alone, url: "etcd://10.0.0.1:2379,10.0.0.2:2379", advertise: "eth1", port: 4790, leaseSeconds: 5 },
    },
  ],
  [
    "addresses however they are spelt",
    [
      ...["--bip6", "FD00:0::1/064", "--fixed-cidr-v6", "fd00:0:0:0:8::/080", "--default-gateway-v6", "FD00::FE"],
      ...["--ip", "::FFFF:0a00:0001", "--dns", "FD00:0::1"],
    ],
    {
      bridge: {
        ...{ name: "", bip6: "fd00::1/64", fixedCidr6: "fd00::8:0:0:0/80", gateway6: "fd00::fe" },
        ...{ icc: true, ipv6: false, masquerade: true, hostIp: "::ffff:10.0.0.1" },
      },
      dns: ["fd00::1"],
    },
  ],
  ["no forwarding", ["--ip-forward=false"], { ipForward: false }],
  ["direct routing", ["--allow-direct-routing"], { directRouting: true }],
  [
    "the default bridge",
    [
      "--bip",
      "10.9.0.1/24",
      "--fixed-cidr",
      "10.9.0.128/25",
      "--default-gateway",
      "10.9.0.9",
      "--mtu",
      "1400",
      "--icc=false",
      "--ip-masq=0",
      "--ip",
      "127.0.0.1",
      "--ipv6",
      "--bip6",
      "fd00::1/64",
      "-b",
      "none",
    ],
    {
      bridge: {
        ...{
          name: "none",
          bip: "10.9.0.1/24",
          bip6: "fd00::1/64",
          fixedCidr: "10.9.0.128/25",
          gateway: "10.9.0.9",
          mtu: 1400,
        },
        ...{ icc: false, ipv6: true, masquerade: false, hostIp: "127.0.0.1" },
      },
    },
  ],
];

for (const [name, argv, expected] of read) {
  test(`parseFlags() reads ${name}`, () => {
    const found = options(...argv) as unknown as Record<string, unknown>;
    assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, found[key]])), expected);
  });
}

const refused: readonly [argv: readonly string[], message: RegExp][] = [
  [["--host", "http://x"], /Invalid --host: "http:\/\/x" is neither unix/],
  [
    ["-b", "br9", "--bip6", "fd00::1/64"],
    /--bip6: "fd00::1\/64" is given with --bridge br9, whose own addresses count/,
  ],
  [["--data-root", "relative"], /Invalid --data-root: "relative" must be an absolute path/],
  [["--mtu", "12"], /Invalid --mtu: "12" is not a number from 68/],
  [["--bip", "10.0.0.1"], /Invalid --bip: "10.0.0.1" is no IPv4 address with a prefix length/],
  [["--bip", "fd00::1/64"], /Invalid --bip: /],
  [["--dns", "fe80::1%eth0"], /Invalid --dns: "fe80::1%eth0" is no IP address/],
  [["--bip6", "fe80::1%eth0/64"], /Invalid --bip6: "fe80::1%eth0\/64" is no IPv6 address with a prefix length/],
  [["--dns", "one.one.one.one"], /Invalid --dns: "one.one.one.one" is no IP address/],
  [["--icc=maybe"], /Invalid --icc: "maybe" is neither true nor false/],
  [
    ["--default-address-pool", "10.0.0.0/8"],
    /Invalid --default-address-pool: "10.0.0.0\/8" must be base=CIDR,size=BITS/,
  ],
  [["--default-address-pool", "base=10.0.0.0/16,size=8"], /size 8 of 10.0.0.0\/16 must be from 16 to 32/],
  [["--log-level", "loud"], /Invalid --log-level: "loud" is none of debug/],
  [["--label", "nokey"], /Invalid --label: "nokey" must be key=value/],
  [["--cluster-grace", "20s"], /Invalid --cluster-grace: it must be three times --cluster-lease \(10 s\) at least/],
  [["--cluster-store", "consul://x"], /Invalid --cluster-store: it is not offered; use --cluster with etcd:/],
  [["--cluster-advertise", "eth0:2376"], /Invalid --cluster-advertise: it is not offered; use --advertise/],
  [["--default-ipc-mode", "host"], /Invalid --default-ipc-mode: "host" is neither private nor shareable/],
  [["--default-cgroupns-mode", "x"], /Invalid --default-cgroupns-mode: "x" is neither private nor host/],
  [["--tls"], /Invalid --tls: it is not offered; put a TLS proxy/],
];

for (const [argv, message] of refused) {
  test(`parseFlags() refuses ${argv.join(" ")}`, () => {
    assert.throws(() => parse(argv), message);
  });
}

test("parseFlags() accepts dockerd's flags that have no meaning here and says so", () => {
  const { warnings } = parse([
    "--userland-proxy=false",
    "--containerd",
    "/run/c.sock",
    "--iptables=true",
    "--storage-driver",
    "overlay2",
  ]);
  assert.deepEqual(
    warnings.map((line) => line.split(" ")[0]),
    ["--userland-proxy", "--containerd", "--iptables", "--storage-driver"],
  );
});

test("parseFlags() reads daemon.json's keys", () => {
  const { options, warnings } = configured({
    hosts: ["unix:///a.sock"],
    debug: true,
    "default-address-pools": [{ base: "10.0.0.0/8", size: 24 }],
    "default-network-opts": { bridge: { a: "b" } },
    "dns-opts": ["ndots:1"],
    "live-restore": true,
    mtu: 1400,
    features: { buildkit: true },
  });
  const { hosts, logLevel, addressPools, networkOptions, dnsOptions } = options;
  assert.deepEqual(
    { hosts, logLevel, addressPools, networkOptions, dnsOptions, mtu: options.bridge.mtu, warnings: warnings.length },
    {
      ...{ hosts: ["unix:///a.sock"], logLevel: "debug", addressPools: [{ base: "10.0.0.0/8", size: 24 }] },
      ...{ networkOptions: { bridge: { a: "b" } }, dnsOptions: ["ndots:1"], mtu: 1400, warnings: 1 },
    },
  );
});

test("parseFlags() reads the cluster's settings from the file", () => {
  const { options } = configured({
    ...{
      cluster: "consul://127.0.0.1:8500",
      advertise: "192.0.2.1",
      "vxlan-port": 4790,
      "tunnel-port": 51_821,
      "vni-range": "10-20",
    },
    ...{ "cluster-ca": "/etc/ca.pem", "cluster-cert": "/etc/c.pem", "cluster-key": "/etc/k.pem" },
    ...{ "cluster-lease": "5s", "cluster-grace": "1h" },
  });
  assert.deepEqual(options.cluster, {
    ...{
      url: "consul://127.0.0.1:8500",
      advertise: "192.0.2.1",
      port: 4790,
      tunnelPort: 51_821,
      vnis: { first: 10, last: 20 },
    },
    ...{
      ca: "/etc/ca.pem",
      certificate: "/etc/c.pem",
      key: "/etc/k.pem",
      passwordFile: "",
      leaseSeconds: 5,
      graceSeconds: 3600,
    },
  });
});

test("parseFlags() shows no password of --cluster when it refuses", () => {
  const secret = (user: string) => `etcd://${user}:s3cr@t@10.0.0.1:2379`;
  assert.throws(
    () => configured({ cluster: secret("file") }, "--cluster", secret("flag")),
    (error: Error) => {
      assert.match(
        error.message,
        /cluster: \(from flag: etcd:\/\/\*\*\*@10\.0\.0\.1:2379, from file: etcd:\/\/\*\*\*@/,
      );
      return !/s3cr|t@10/.test(error.message);
    },
  );
});

test("parseFlags() refuses a setting that is both a flag and in the file", () => {
  assert.throws(
    () => configured({ debug: false, mtu: 1400 }, "-D"),
    /specified both as a flag and in the configuration file: debug: \(from flag: true, from file: false\)/,
  );
});

const badFiles: readonly [name: string, content: unknown, message: RegExp][] = [
  ["an unknown key", { debug: true, bogus: 1, other: 2 }, /don't match any configuration option: bogus, other/],
  ["a wrong type", { mtu: "1400" }, /"mtu" must be a number/],
  ["wrong pools", { "default-address-pools": ["10.0.0.0/8"] }, /"default-address-pools" must be a list of/],
  ["a list", [], /must be a JSON object/],
  ["no JSON", "{", /it is no JSON/],
  ["a range of VNIs that is a number", { "vni-range": 5 }, /"vni-range" must be a string/],
  ["dockerd's old cluster store", { "cluster-store": "etcd://x" }, /"cluster-store" is not offered; use --cluster/],
  ["a wrong IPC mode", { "default-ipc-mode": "none" }, /"none" is neither private nor shareable/],
  ["TLS", { tls: true }, /"tls" is not offered/],
];

for (const [name, content, message] of badFiles) {
  test(`parseFlags() refuses a configuration file with ${name}`, () => {
    assert.throws(() => configured(content), message);
  });
}

test("readConfigFile() needs the file only when it was named", () => {
  assert.equal(readConfigFile("/nonexistent/daemon.json", { required: false }), undefined);
  assert.throws(
    () => readConfigFile("/nonexistent/daemon.json", { required: true }),
    /Invalid --config-file: cannot read/,
  );
});

test("--plugin-directory and --plugin-timeout replace Docker's directories and the limit of 30 seconds", () => {
  const { options } = parseFlags(
    ["--plugin-directory", "/a", "--plugin-directory", "/b", "--plugin-timeout", "2"],
    () => undefined,
  );
  assert.deepEqual(options.plugins, { directories: ["/a", "/b"], timeoutMs: 2000 });
  for (const argv of [
    ["--plugin-directory", "a"],
    ["--plugin-timeout", "0"],
    ["--plugin-timeout", "x"],
  ])
    assert.throws(() => parseFlags(argv, () => undefined), /Invalid --plugin-/);
});
