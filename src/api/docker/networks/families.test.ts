import assert from "node:assert/strict";
import { test } from "node:test";
import { testApi } from "../../testing/api.ts";

test("NET-17 POST /networks/create takes a subnet of IPv6 for the wish for it, unless the body says otherwise", async () => {
  await using api = testApi();
  const pools = { IPAM: { Config: [{ Subnet: "fd05::1/64" }] } };
  const off = { Name: "off", EnableIPv6: false, IPAM: { Config: [{ Subnet: "fd05::/64" }] } };
  for (const body of [{ Name: "six", ...pools }, off])
    assert.equal((await api.ask("POST", "/networks/create", body)).status, 201);
  for (const EnableIPv6 of [true, false])
    assert.equal((await api.ask("POST", "/networks/create", { Name: "bits", EnableIPv6, ...pools })).status, 400);
  const asked = api.engine.calls.map(([, sent]) => sent as Readonly<Record<string, unknown>>);
  const families = asked.map(({ name, ipv4, ipv6, openFamilies, pools }) => ({
    name,
    ipv4,
    ipv6,
    openFamilies,
    pools,
  }));
  const given = [{ subnet: "fd05::/64", aux: {} }];
  assert.deepEqual(families, [
    { name: "six", ipv4: true, ipv6: true, openFamilies: ["ipv4"], pools: given },
    { name: "off", ipv4: true, ipv6: false, openFamilies: ["ipv4"], pools: given },
  ]);
});

test("NET-19 POST /networks/create gives IPAM drivers other than the default one no other subnet than was named", async () => {
  await using api = testApi();
  const Config = [{ Subnet: "fd05::1/64" }];
  const answers = [];
  for (const Driver of ["plugin", "null", "dhcp"])
    answers.push(await api.ask("POST", "/networks/create", { Name: "six", IPAM: { Driver, Config } }));
  const refused = "invalid network config:\ninvalid subnet fd05::1/64: it should be fd05::/64";
  assert.deepEqual(
    answers.map(({ body }) => body.message),
    [refused, refused, undefined],
  );
  // The engine refuses pools with "dhcp", whatever they are.
  assert.deepEqual(
    api.engine.calls.map(([, sent]) => (sent as { pools: unknown }).pools),
    [[{ subnet: "fd05::1/64", aux: {} }]],
  );
});
