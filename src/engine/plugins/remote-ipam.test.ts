import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../base/errors.ts";
import { silentLog } from "../../base/log.ts";
import { pluginEndpoint, pluginNetwork, stateWith } from "./fakes.ts";
import { RemoteIpam } from "./remote-ipam.ts";

/** A plugin that wants to hear again what it gave; `faults`: what an address asked for gets instead of an answer, once. */
function place() {
  const state = stateWith({
    network: [pluginNetwork("n", "net-1")],
    endpoint: [pluginEndpoint("a", "n", "10.9.0.2/24"), pluginEndpoint("b", "n", "10.9.0.3/24")],
  });
  const asked: string[] = [];
  const faults = new Map<string, EngineError>();
  const answers: Record<string, object> = {
    "IpamDriver.GetCapabilities": { RequiresRequestReplay: true },
    "IpamDriver.GetDefaultAddressSpaces": { LocalDefaultAddressSpace: "local" },
    "IpamDriver.RequestPool": { PoolID: "pool-1", Pool: "10.9.0.0/24" },
  };
  const plugins = {
    activate: async () => {},
    call: async (_plugin: string, verb: string, body: { Address?: string }) => {
      if (verb !== "IpamDriver.RequestAddress") return answers[verb];
      const address = body.Address ?? "";
      const fault = faults.get(address);
      faults.delete(address);
      if (fault) throw fault;
      asked.push(address);
      return { Address: `${address}/24` };
    },
  };
  const parts = { plugins, state, log: silentLog } as unknown as ConstructorParameters<typeof RemoteIpam>[0];
  return { ipam: new RemoteIpam(parts), asked, faults };
}

const verb = "IpamDriver.RequestAddress";

test("an IPAM plugin that goes away in the middle of its replay hears all of it before it is asked for anything else", async () => {
  const { ipam, asked, faults } = place();
  faults.set("10.9.0.2", new EngineError("PLUGIN_AWAY", { plugin: "addresses", verb, why: "closed" }));
  await assert.rejects(ipam.requestAddress("addresses", "pool-1", { address: "10.9.0.9" }), { code: "PLUGIN_AWAY" });
  assert.deepEqual(asked.splice(0), ["10.9.0.1"]);
  await ipam.requestAddress("addresses", "pool-1", { address: "10.9.0.9" });
  assert.deepEqual(asked, ["10.9.0.1", "10.9.0.2", "10.9.0.3", "10.9.0.9"]);
});

test("an address that an IPAM plugin refuses in its replay does not keep it from the others, and it is not asked again", async () => {
  const { ipam, asked, faults } = place();
  faults.set("10.9.0.1", new EngineError("PLUGIN_FAILED", { plugin: "addresses", verb, words: "taken" }));
  await ipam.ready("addresses");
  await ipam.ready("addresses");
  assert.deepEqual(asked, ["10.9.0.2", "10.9.0.3"]);
});
