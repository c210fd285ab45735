import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate } from "../../base/gate.ts";
import { silentLog } from "../../base/log.ts";
import { hostNetns, type KernelObject } from "../../contracts/kernel.ts";
import { stateWith } from "../plugins/fakes.ts";
import { ExpectedLinks } from "../reconcile/expected-links.ts";
import { type BuiltInBridge, ensureBuiltIns } from "./built-in.ts";

const found: BuiltInBridge = { name: "br0", icc: true, ipv6: false, masquerade: true, hostIp: "" };
const link = { name: "br0", kind: "bridge", alias: "", mtu: 1500, up: true, addresses: [] };
const mark = { netns: hostNetns, owner: "network/1", why: "network bridge" };
const given: KernelObject = { kind: "address", ...mark, link: "br0", address: "10.98.0.1/24" };

/** A host with a bridge that lacks addresses, and whether there is a record whenever the bridge or its guard changes. */
function place(change: () => void = () => {}) {
  const state = stateWith({});
  const seen: [what: string, recorded: boolean][] = [];
  const see = (what: string) => seen.push([what, state.networkNamed("bridge") !== undefined]);
  const kernel = {
    ...{ links: () => [link], owned: () => [], uplink: () => undefined },
    apply(objects: readonly KernelObject[]) {
      if (objects.length === 0) return;
      see("apply");
      change();
    },
    remove: async (objects: readonly KernelObject[]) => void (objects.length > 0 && see("remove")),
  };
  const plan = (type: string) => ({
    objects: type === "bridge" ? [given] : [],
    elements: type === "bridge" ? [{}] : [],
  });
  const firewall = { change: ({ add }: { add: object[] }) => void see(add.length > 0 ? "guard" : "unguard") };
  const parts = {
    ...{ state, kernel, firewall, gate: new Gate(), log: silentLog, expected: new ExpectedLinks(), clashes: new Map() },
    drivers: { find: (type: string) => ({ type, addressed: false, scope: "local", network: () => plan(type) }) },
    ipam: { removeNetwork() {} },
    cluster: { underlay: () => undefined },
    hostObjects: () => [],
  } as unknown as Parameters<typeof ensureBuiltIns>[0];
  return { parts, state, seen };
}

test("ensureBuiltIns() changes a found bridge while the record says what on it is ours, and guards it meanwhile", async () => {
  const { parts, seen } = place();
  await ensureBuiltIns(parts, found);
  await ensureBuiltIns(parts, { ...found, name: "none" });
  const recorded = ["guard", "apply", "remove"].map((what) => [what, true]);
  assert.deepEqual(seen, [...recorded, ["unguard", false]]);
});

test("ensureBuiltIns() leaves no record where a found bridge cannot be had", async () => {
  const { parts, state } = place(() => assert.fail("no such link"));
  await assert.rejects(ensureBuiltIns(parts, found), /no such link/);
  assert.equal(state.networkNamed("bridge"), undefined);
});
