import assert from "node:assert/strict";
import { test } from "node:test";
import { announcing, refuseAnnouncing } from "./announcing.ts";

const prefix = "com.docker.network.advertise_addr_";
const options = (name: string, value: string) => ({ options: { [prefix + name]: value } });

for (const [name, value, why] of [
  ["ms", "99", `${prefix}ms must be in the range 100 to 2000`],
  ["ms", "2001", `${prefix}ms must be in the range 100 to 2000`],
  ["ms", "soon", `value for option ${prefix}ms "soon" must be integer milliseconds`],
  ["nmsgs", "-1", `${prefix}nmsgs must be in the range 0 to 3`],
  ["nmsgs", "4", `${prefix}nmsgs must be in the range 0 to 3`],
  ["nmsgs", "1.5", `value for option ${prefix}nmsgs "1.5" must be an integer`],
  ["nmsgs", "", `value for option ${prefix}nmsgs "" must be an integer`],
] as const)
  test(`EP-14 refuseAnnouncing() refuses ${name}=${value}`, () => {
    assert.throws(() => refuseAnnouncing(options(name, value)), { code: "REFUSED", message: why });
  });

test("EP-14 announcing() is three times, a second apart, unless the network says otherwise", () => {
  for (const [name, value] of [
    ["nmsgs", "0"],
    ["nmsgs", "3"],
    ["ms", "100"],
    ["ms", "2000"],
  ] as const)
    refuseAnnouncing(options(name, value));
  const said = [options("nmsgs", "0"), options("nmsgs", "1"), options("ms", "100"), { options: {} }];
  assert.deepEqual(
    said.map((network) => Object.values(announcing(network))),
    [
      [0, 1000],
      [1, 1000],
      [3, 100],
      [3, 1000],
    ],
  );
});
