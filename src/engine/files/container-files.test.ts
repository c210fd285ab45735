import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { EngineError } from "../../base/errors.ts";
import { silentLog } from "../../base/log.ts";
import type { Container, ContainerConfig } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import { config } from "../containers/fakes.ts";
import { ContainerFiles } from "./container-files.ts";
import { HostResolvConf } from "./host-resolv-conf.ts";

const base = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

function container(over: Partial<ContainerConfig> = {}, id = "c".repeat(64)): Container {
  return {
    ...{ id, name: "web", created: "", ports: [], config: { ...config, hostname: "web", ...over } },
    state: { status: "created", pid: 0, exitCode: 0, startedAt: "", finishedAt: "", error: "", stoppedByUser: false },
  };
}

const endpoint = (ipv4: string, ipv6?: string): Endpoint => ({
  ...{ id: ipv4, networkId: "n", containerId: "c".repeat(64), dnsNames: ["web"], ipv4, ...(ipv6 ? { ipv6 } : {}) },
  settings: { linkLocal: [], aliases: [], links: [], gwPriority: 0, driverOptions: {} },
});

class Place implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), "fairlead-"));
  readonly resolvConf = join(this.root, "host-resolv.conf");
  gateways: string[] = ["172.17.0.1"];
  links: string[] = [];
  readonly warnings: object[] = [];
  readonly files: ContainerFiles;
  constructor() {
    writeFileSync(this.resolvConf, "nameserver 192.0.2.1\n");
    writeFileSync(join(this.root, "host-hosts"), "127.0.0.1 localhost machine\n");
    this.files = new ContainerFiles(join(this.root, "containers"), {
      ...{ daemon: { dns: [], dnsSearch: [], dnsOptions: [] }, hostHosts: join(this.root, "host-hosts") },
      ...{
        hostResolvConf: new HostResolvConf(this.resolvConf),
        hostGateways: () => this.gateways,
        linkHosts: () => this.links,
      },
      log: { ...silentLog, warn: (fields) => void this.warnings.push(fields) },
    });
  }
  read(of: Container, name: "hosts" | "resolvConf" | "hostname"): string {
    return readFileSync(this.files.paths(of)[name], "utf8");
  }
  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }
}

test("write() makes hosts with extra hosts, the host's address and every own address", () => {
  using place = new Place();
  const of = container({
    domainname: "example.org",
    extraHosts: ["db:192.0.2.7", "up:host-gateway", "six=[2001:db8::1]"],
  });
  place.files.write(of, [endpoint("172.18.0.2/16", "fd00::2/64"), endpoint("172.19.0.2/16")]);
  const expected = `${base}192.0.2.7\tdb
172.17.0.1\tup
2001:db8::1\tsix
172.18.0.2\tweb.example.org web
fd00::2\tweb.example.org web
172.19.0.2\tweb.example.org web
`;
  assert.deepEqual([place.read(of, "hosts"), place.read(of, "hostname")], [expected, "web\n"]);
});

test("write() names no address of IPv6 to a container that has IPv6 off", () => {
  using place = new Place();
  const made = [{ "net.ipv6.conf.all.disable_ipv6": "1" }, { "net/ipv6/conf/lo/disable_ipv6": "1" }].map((sysctls) => {
    const of = container({ sysctls, extraHosts: ["six=[2001:db8::1]", "four=192.0.2.7"] });
    place.files.write(of, [endpoint("172.18.0.2/16", "fd00::2/64")]);
    return place.read(of, "hosts");
  });
  const expected = "127.0.0.1\tlocalhost\n192.0.2.7\tfour\n172.18.0.2\tweb\n";
  assert.deepEqual(made, [expected, expected]);
  const others = { "net.ipv6.conf.all.disable_ipv6": "0", "net.ipv6.conf.eth0.disable_ipv6": "1" };
  const on = container({ sysctls: others });
  place.files.write(on, []);
  assert.equal(place.read(on, "hosts"), base);
});

test("write() copies the host's hosts in host mode and shares the creator's files in container mode", () => {
  using place = new Place();
  const onHost = container({ networkMode: { kind: "host" }, extraHosts: ["db:192.0.2.7"] });
  place.files.write(onHost, []);
  assert.equal(place.read(onHost, "hosts"), "127.0.0.1 localhost machine\n192.0.2.7\tdb\n");
  const joined = container({ networkMode: { kind: "container", containerId: onHost.id } }, "d".repeat(64));
  place.files.write(joined, []);
  assert.deepEqual([place.files.paths(joined), place.files.list()], [place.files.paths(onHost), [onHost.id]]);
});

test("write() refuses host-gateway when nothing says where the host is, and writes nothing", () => {
  using place = new Place();
  place.gateways = [];
  const of = container({ extraHosts: ["up:host-gateway"] });
  assert.throws(
    () => place.files.write(of, []),
    (error: EngineError) => error.code === "INVALID" && error.message.includes("--host-gateway-ip"),
  );
  assert.deepEqual(place.files.list(), []);
});

test("updateHosts() edits in place and keeps what users wrote", () => {
  using place = new Place();
  const of = container();
  place.files.write(of, [endpoint("172.18.0.2/16")]);
  const { hosts } = place.files.paths(of);
  const { ino } = statSync(hosts);
  appendFileSync(hosts, "192.0.2.9\tmine\n");
  place.files.updateHosts(of, [endpoint("172.18.0.2/16"), endpoint("172.19.0.2/16")]);
  assert.equal(place.read(of, "hosts"), `${base}172.18.0.2\tweb\n172.19.0.2\tweb\n192.0.2.9\tmine\n`);
  place.files.updateHosts(of, [endpoint("172.19.0.2/16")]);
  place.files.write(of, [endpoint("172.19.0.2/16")]);
  assert.equal(place.read(of, "hosts"), `${base}172.19.0.2\tweb\n192.0.2.9\tmine\n`);
  assert.equal(statSync(hosts).ino, ino);
});

for (const name of ["hosts", "resolvConf"] as const)
  test(`write() takes ${name} that a kill has left with empty lines at its end for its own`, () => {
    using place = new Place();
    const of = container({ networkMode: { kind: "host" } });
    place.files.write(of, []);
    appendFileSync(place.files.paths(of)[name], "\n\n\n");
    writeFileSync(place.resolvConf, "nameserver 192.0.2.200\n");
    writeFileSync(join(place.root, "host-hosts"), "127.0.0.1 localhost renamed\n");
    place.files.write(of, []);
    const expected = { hosts: "127.0.0.1 localhost renamed\n", resolvConf: "nameserver 192.0.2.200\n" };
    assert.equal(place.read(of, name).replace(/^#.*\n/gm, ""), expected[name]);
  });

test("updateHosts() writes nothing before the first start", () => {
  using place = new Place();
  place.files.updateHosts(container(), [endpoint("172.18.0.2/16")]);
  assert.deepEqual(place.files.list(), []);
});

test("write() follows the host's resolv.conf at each start, unless the container's was edited", () => {
  using place = new Place();
  const of = container({ networkMode: { kind: "host" } });
  place.files.write(of, []);
  const { ino } = statSync(place.files.paths(of).resolvConf);
  writeFileSync(place.resolvConf, "nameserver 192.0.2.200\n");
  place.files.write(of, []);
  assert.match(place.read(of, "resolvConf"), /^nameserver 192\.0\.2\.200$/m);
  assert.equal(statSync(place.files.paths(of).resolvConf).ino, ino);
  writeFileSync(place.files.paths(of).resolvConf, "nameserver 198.51.100.1\n");
  place.files.write(of, []);
  assert.equal(place.read(of, "resolvConf"), "nameserver 198.51.100.1\n");
});

for (const name of ["hosts", "resolvConf"] as const) {
  test(`write() begins ${name} anew, and says so, when the container has made it larger than 1 MiB`, () => {
    using place = new Place();
    const of = container({ networkMode: { kind: "host" } });
    place.files.write(of, []);
    const path = place.files.paths(of)[name];
    const [first, { ino }] = [place.read(of, name), statSync(path)];
    appendFileSync(path, `${"#".repeat((1 << 20) - 1)}\n`);
    place.files.write(of, []);
    assert.equal(statSync(path).size, first.length + (1 << 20));
    appendFileSync(path, "#");
    place.files.write(of, []);
    assert.deepEqual([place.read(of, name), statSync(path).ino], [first, ino]);
    const limit = first.length + (1 << 20);
    assert.deepEqual(place.warnings, [{ container: "web", file: path.split("/").at(-1), limit }]);
  });
}

test("remove() takes all files of a container away, twice is once", () => {
  using place = new Place();
  const of = container();
  place.files.write(of, []);
  place.files.remove(of.id);
  place.files.remove(of.id);
  assert.deepEqual(place.files.list(), []);
});

test("HostResolvConf reads the file again when it has changed, and lives without it", () => {
  using place = new Place();
  const conf = new HostResolvConf(place.resolvConf);
  assert.deepEqual(conf.current().nameservers, ["192.0.2.1"]);
  writeFileSync(place.resolvConf, "nameserver 192.0.2.22\n");
  assert.deepEqual(conf.current().nameservers, ["192.0.2.22"]);
  rmSync(place.resolvConf);
  assert.deepEqual(conf.current(), { nameservers: [], search: [], options: [] });
});
