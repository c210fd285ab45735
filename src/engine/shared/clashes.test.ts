import assert from "node:assert/strict";
import { test } from "node:test";
import { clashOf } from "./clashes.ts";

type Arguments = Parameters<typeof clashOf>;

test("clashOf() looks at the host's links until the network is in use here", () => {
  const used = new Set<string>();
  const link = { name: "eth0", alias: "", addresses: ["10.9.0.7/24"] };
  const parts = { clashes: new Map(), inUse: used, kernel: { links: () => [link] } } as unknown as Arguments[0];
  const network = { id: "n", pools: [{ subnet: "10.9.0.0/24", aux: {} }] } as unknown as Arguments[1];
  assert.match(clashOf(parts, network) ?? "", /10\.9\.0\.7 \(eth0\)/);
  used.add("n");
  assert.equal(clashOf(parts, network), undefined);
});
