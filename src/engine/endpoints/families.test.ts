import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container } from "../../model/container.ts";
import { wantedFamilies } from "./families.ts";

const all = "net.ipv6.conf.all.disable_ipv6";
const cases: readonly [name: string, sysctls: Record<string, string>, endpoint: string, ipv6: boolean][] = [
  ["nothing said", {}, "", true],
  ["a container without IPv6", { [all]: "1" }, "", false],
  ["a container without IPv6, with slashes", { "net/ipv6/conf/all/disable_ipv6": " 1\n" }, "", false],
  ["a container without IPv6 at its loopback alone", { "net.ipv6.conf.lo.disable_ipv6": "1" }, "", true],
  ["a container that has it turned on", { [all]: "0" }, "", true],
  ["an endpoint without it", {}, "net.ipv4.conf.IFNAME.forwarding=1,net.ipv6.conf.IFNAME.disable_ipv6=1", false],
  ["an endpoint as docker's CLI writes it", {}, "net.ipv6.conf.ifname.disable_ipv6=1", false],
  ["an endpoint that has it turned on", {}, "net.ipv6.conf.IFNAME.disable_ipv6=0", true],
];

for (const [name, sysctls, endpoint, ipv6] of cases) {
  test(`wantedFamilies() of ${name}`, () => {
    const container = { config: { sysctls } } as Pick<Container, "config">;
    const settings = { driverOptions: endpoint ? { "com.docker.network.endpoint.sysctls": endpoint } : {} };
    assert.deepEqual(wantedFamilies({ ipv4: true, ipv6: true }, container, settings), { ipv4: true, ipv6 });
    assert.equal(wantedFamilies({ ipv4: true, ipv6: false }, container, settings).ipv6, false);
  });
}
