import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate } from "../../base/gate.ts";
import { silentLog } from "../../base/log.ts";
import type { Difference } from "../../contracts/kernel.ts";
import type { Parts } from "../parts.ts";
import { repair } from "./repair.ts";

const difference: Difference = { problem: "missing", object: "something", owner: "network/n", detail: "gone" };

/** Parts on a kernel that finds all sorts of differences and cannot mend its own. */
function stubborn(): { parts: Parts; done: string[] } {
  const done: string[] = [];
  const parts = {
    gate: new Gate(),
    log: silentLog,
    state: { networks: new Map(), endpoints: new Map() },
    sandboxes: { all: () => [] },
    inUse: { all: () => [] },
    hostObjects: () => [],
    tunnel: { elements: () => [], comparePeers: () => [], meetPeers: () => 0 },
    expected: { add: () => {} },
    repairs: { runs: 0, differences: {} },
    events: { emit: () => done.push("event") },
    firewall: { diff: () => [difference], restore: () => done.push("rules") },
    kernel: {
      diff: () => [difference],
      repair() {
        throw new Error("busy");
      },
      owned: () => [{ name: "stray", owner: "endpoint/e" }],
      strays: () => [],
      removeLink: async (name: string) => void done.push(name),
      sandboxes: { list: () => [] },
    },
  };
  return { parts: parts as unknown as Parts, done };
}

test("repair() puts rules back and removes orphans even when a kernel object cannot be mended, and reports that", async () => {
  const { parts, done } = stubborn();
  await assert.rejects(repair(parts, { dryRun: false }), (error: AggregateError) => error.errors[0].message === "busy");
  assert.deepEqual(done, ["rules", "stray"]);
});

test("repair() changes nothing in a dry run", async () => {
  const { parts, done } = stubborn();
  assert.equal((await repair(parts, { dryRun: true })).differences.length, 3);
  assert.deepEqual(done, []);
});
