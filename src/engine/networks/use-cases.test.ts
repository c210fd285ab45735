import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate } from "../../base/gate.ts";
import { KeyedLock } from "../../base/keyed-lock.ts";
import { silentLog } from "../../base/log.ts";
import { EndpointNetworking } from "../endpoints/networking.ts";
import { EventHub } from "../events.ts";
import { Claims } from "../plugins/claims.ts";
import { pluginNetwork, stateWith } from "../plugins/fakes.ts";
import { networkUseCases } from "./use-cases.ts";

const settings = { linkLocal: [], aliases: [], links: [], gwPriority: 0, driverOptions: {} };

/** A network whose name another one gets while its plugin thinks about an address. */
function place() {
  const state = stateWith({ network: [pluginNetwork("n", "net-1")] });
  const parts = {
    ...{ state, locks: new KeyedLock(), gate: new Gate(), events: new EventHub(), log: silentLog },
    claims: new Claims({ state, plugins: { call: async () => ({}) }, log: silentLog }),
    drivers: { find: () => ({ addressed: false, validateEndpoint() {} }) },
    remoteIpam: {
      wantsMac: async () => false,
      requestAddress: async () => {
        state.commit([{ delete: "network", id: "n" }]);
        state.commit([{ put: "network", id: "other", value: pluginNetwork("other", "net-1") }]);
        return "10.9.0.2/24";
      },
    },
  } as unknown as Parameters<typeof networkUseCases>[0];
  const container = { id: "c", name: "web", config: { networkMode: { kind: "networks" }, sysctls: {} } };
  const side = { find: () => container, upstreamsOf: () => [], updateFiles() {} } as unknown as Parameters<
    typeof networkUseCases
  >[1];
  return { parts, side, container: side.find("web") };
}

test("connect() goes on with the network it began with, or not at all", async () => {
  const { parts, side } = place();
  const { connect } = networkUseCases(parts, side);
  await assert.rejects(connect("net-1", "web", settings), { code: "NETWORK_NOT_FOUND" });
});

test("a new container gets its endpoints on the networks that were asked for their addresses, or none", async () => {
  const { parts, side, container } = place();
  const networking = new EndpointNetworking(parts, side);
  const reserving = networking.reserve(container, [{ network: "net-1", settings }], () => assert.fail("committed"));
  await assert.rejects(reserving, { code: "NETWORK_NOT_FOUND" });
});
