import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate } from "../../base/gate.ts";
import { KeyedLock } from "../../base/keyed-lock.ts";
import { silentLog } from "../../base/log.ts";
import { EventHub } from "../events.ts";
import { ExpectedLinks } from "../reconcile/expected-links.ts";
import { Claims } from "./claims.ts";
import { pluginNetwork, stateWith } from "./fakes.ts";
import { resumePlugins } from "./resume.ts";

test("resumePlugins() finishes the removal of networks after one that cannot be removed", async () => {
  const networks = [pluginNetwork("n", "first"), pluginNetwork("nn", "second")];
  const state = stateWith({ network: networks.map((network) => ({ ...network, ipamDriver: "null", pools: [] })) });
  const failed: string[] = [];
  const gone = Promise.withResolvers<void>();
  const events = new EventHub();
  using _listening = events.subscribe(() => gone.resolve());
  const parts = {
    ...{ state, events, locks: new KeyedLock(), gate: new Gate(), clashes: new Map(), expected: new ExpectedLinks() },
    claims: new Claims({ state, plugins: { call: async () => ({}) }, log: silentLog }),
    drivers: { find: () => ({ remote: true, network: () => ({ objects: [], elements: [] }) }) },
    ipam: {
      removeNetwork(id: string) {
        if (id === "n") throw new Error("it is in the way");
      },
    },
    kernel: { remove: async () => {} },
    hostObjects: () => [],
    nodeNews: { follow() {} },
    remoteIpam: { ready: async () => ({}) },
    log: { ...silentLog, error: ({ network }: { network: string }) => failed.push(network) },
  };
  resumePlugins(parts as unknown as Parameters<typeof resumePlugins>[0]);
  await gone.promise;
  assert.deepEqual([failed, state.networks.has("nn")], [["first"], false]);
});
