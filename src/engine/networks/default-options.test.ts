import assert from "node:assert/strict";
import { test } from "node:test";
import { withDefaultOptions } from "./default-options.ts";

const option = "com.docker.network.";
const request = {
  ...{ name: "web", driver: "bridge", internal: false, attachable: false, ipv4: true, ipv6: false, labels: {} },
  ...{ ipamDriver: "default", ipamOptions: {}, pools: [], options: { [`${option}driver.mtu`]: "1300" } },
  configOnly: false,
};
const networkOptions = {
  bridge: { [`${option}enable_ipv4`]: "false", [`${option}enable_ipv6`]: "true", [`${option}driver.mtu`]: "1200" },
};

test("API-10 withDefaultOptions() turns families on and off that a client leaves open, and shows no option of the others", () => {
  const made = (...openFamilies: ("ipv4" | "ipv6")[]) => {
    const { ipv4, ipv6, options } = withDefaultOptions(
      { defaults: { networkOptions } },
      { ...request, openFamilies },
      "bridge",
    );
    return [ipv4, ipv6, Object.entries(options).map(([name, value]) => `${name.slice(option.length)}=${value}`)];
  };
  const mtu = "driver.mtu=1300";
  assert.deepEqual(made(), [true, false, [mtu]]);
  assert.deepEqual(made("ipv4"), [false, false, ["enable_ipv4=false", mtu]]);
  assert.deepEqual(made("ipv6"), [true, true, ["enable_ipv6=true", mtu]]);
  assert.deepEqual(made("ipv4", "ipv6"), [false, true, ["enable_ipv4=false", "enable_ipv6=true", mtu]]);
});

test("withDefaultOptions() refuses a default that is neither true nor false, and leaves other drivers alone", () => {
  const wrong = { bridge: { [`${option}enable_ipv6`]: "perhaps" } };
  const asked = { ...request, openFamilies: ["ipv6"] as const };
  const defaults = { networkOptions: wrong };
  assert.throws(() => withDefaultOptions({ defaults }, asked, "bridge"), /"perhaps" is neither true nor false/);
  assert.deepEqual(withDefaultOptions({ defaults }, asked, "macvlan").options, request.options);
});
