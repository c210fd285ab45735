import assert from "node:assert/strict";
import { test } from "node:test";
import type { Endpoint } from "../../model/endpoint.ts";
import { AnswerReader, readInterface, readJoin } from "./answers.ts";

const reader = (answer: object) => new AnswerReader("net", "N.V", answer as Readonly<Record<string, unknown>>);
const endpoint = (has: Partial<Endpoint>): Endpoint => ({
  ...{ id: "e", networkId: "n", containerId: "c", dnsNames: [] },
  settings: { linkLocal: [], aliases: [], links: [], gwPriority: 0, driverOptions: {} },
  ...has,
});

test("readInterface() takes what the endpoint lacks, in canonical form, and passes over what it has", () => {
  const Interface = { Address: "10.0.0.2/24", AddressIPv6: "FD00:0::2/64", MacAddress: "02-42-AC-11-00-02" };
  assert.deepEqual(readInterface(reader({ Interface }), endpoint({ ipv4: "10.0.0.2/24" })), {
    gave: ["ipv6", "mac"],
    ipv6: "fd00::2/64",
    mac: "02:42:ac:11:00:02",
  });
  for (const nothing of [{}, { Interface: null }, { Interface: {} }, { Interface: { Address: "" } }])
    assert.deepEqual(readInterface(reader(nothing), endpoint({})), { gave: [] });
});

const wrongInterfaces: readonly [Interface: unknown, message: RegExp][] = [
  [
    { Address: "10.0.0.3/24" },
    /driver modified interface address: 10\.0\.0\.2\/24 was given, and it says 10\.0\.0\.3\/24$/,
  ],
  [{ MacAddress: "x" }, /MacAddress "x" is no MAC address$/],
  [{ AddressIPv6: "10.0.0.3/24" }, /AddressIPv6 "10\.0\.0\.3\/24" is no IPv6 address with a prefix length$/],
  [{ AddressIPv6: "fd00::1" }, /is no IPv6 address with a prefix length$/],
  [{ Address: 7 }, /Address is 7, and a text is wanted$/],
  ["eth0", /Interface is no object$/],
];
for (const [Interface, message] of wrongInterfaces) {
  test(`readInterface() refuses ${JSON.stringify(Interface)}`, () => {
    assert.throws(() => readInterface(reader({ Interface }), endpoint({ ipv4: "10.0.0.2/24" })), {
      code: "PLUGIN_ANSWER",
      message,
    });
  });
}

test("readJoin() reads names, gateways and routes; a static default route is a gateway", () => {
  assert.deepEqual(
    readJoin(
      reader({
        InterfaceName: { SrcName: "veth7", DstPrefix: "cali", DstName: "" },
        GatewayIPv6: "fe80::1",
        StaticRoutes: [
          { Destination: "10.1.0.9/16", RouteType: 0, NextHop: "10.0.0.9" },
          { Destination: "169.254.1.1/32", RouteType: 1 },
          { Destination: "0.0.0.0/0", RouteType: 1 },
        ],
        DisableGatewayService: true,
      }),
    ),
    {
      ...{ link: "veth7", name: "", prefix: "cali", gatewayService: false },
      gateways: { ipv4: "on-link", ipv6: "fe80::1" },
      routes: [{ destination: "10.1.0.0/16", gateway: "10.0.0.9" }, { destination: "169.254.1.1/32" }],
    },
  );
  const empty = { link: "", name: "", prefix: "", gateways: {}, routes: [], gatewayService: true };
  assert.deepEqual(readJoin(reader({ InterfaceName: null, StaticRoutes: null })), empty);
});

const wrongJoins: readonly [answer: object, message: RegExp][] = [
  [{ Gateway: "fd00::1" }, /Gateway "fd00::1" is no IPv4 address$/],
  [{ InterfaceName: { SrcName: "a/b" } }, /SrcName "a\/b" is no name of an interface$/],
  [{ StaticRoutes: [{}] }, /a static route has no Destination$/],
  [{ StaticRoutes: [{ Destination: "10.0.0.0/8", NextHop: "fd00::1" }] }, /NextHop "fd00::1" is no IPv4 address$/],
  [{ StaticRoutes: {} }, /StaticRoutes is no list$/],
  [{ DisableGatewayService: "yes" }, /DisableGatewayService is "yes", and true or false is wanted$/],
];
for (const [answer, message] of wrongJoins) {
  test(`readJoin() refuses ${JSON.stringify(answer)}`, () => {
    assert.throws(() => readJoin(reader(answer)), { code: "PLUGIN_ANSWER", message });
  });
}
