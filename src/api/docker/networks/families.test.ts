import assert from "node:assert/strict";
import { test } from "node:test";
import { testApi } from "../../testing/api.ts";

test("POST /networks/create takes a subnet of IPv6 for the wish for it, unless the body says otherwise", async () => {
  await using api = testApi();
  const pools = { IPAM: { Config: [{ Subnet: "fd05::/64" }] } };
  for (const body of [{ Name: "six" }, { Name: "off", EnableIPv6: false }])
    assert.equal((await api.ask("POST", "/networks/create", { ...body, ...pools })).status, 201);
  const asked = api.engine.calls.map(([, sent]) => sent as Readonly<Record<string, unknown>>);
  const families = asked.map(({ name, ipv4, ipv6 }) => [name, ipv4, ipv6]);
  assert.deepEqual(families, [
    ["six", true, true],
    ["off", true, false],
  ]);
});
