import assert from "node:assert/strict";
import { test } from "node:test";
import { secretsIn } from "./protected-paths.ts";

const secrets = ["/var/lib/fairlead", "/run/fairlead.sock"];
const cases = [
  { root: "/", inside: secrets },
  { root: "/var", inside: ["/lib/fairlead"] },
  { root: "/var/lib/fairlead-roots/one", inside: [] },
  { root: "/srv", inside: [] },
];

for (const { root, inside } of cases) {
  test(`secretsIn() finds ${inside.join(" and ") || "nothing"} in ${root}`, () => {
    assert.deepEqual(secretsIn(root, secrets), inside);
  });
}
