import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { silentLog } from "../../src/base/log.ts";
import { Rollback } from "../../src/base/rollback.ts";
import { EndpointNetworking } from "../../src/engine/endpoints/networking.ts";
import type { NetworkRequest } from "../../src/engine/engine.ts";
import { createNetwork } from "../../src/engine/networks/create.ts";
import { removeNetwork } from "../../src/engine/networks/remove.ts";
import { networkUseCases } from "../../src/engine/networks/use-cases.ts";
import type { Parts } from "../../src/engine/parts.ts";
import { builtinDrivers } from "../../src/main/drivers.ts";
import { type NetworkingParts, openNetworking } from "../../src/main/networking-parts.ts";
import { labContainer, labSettings } from "./container.ts";
import { InjectedFailure, withFaults } from "./faults.ts";
import { snapshot } from "./snapshot.ts";

const root = mkdtempSync(join(tmpdir(), "fairlead-failures-"));
const bridge = { name: "", icc: true, ipv6: false, masquerade: true, hostIp: "" };
let opened: NetworkingParts;

before(async () => {
  opened = await openNetworking(
    { dataRoot: join(root, "data"), execRoot: join(root, "run"), addressPools: [], ipForward: true, bridge },
    silentLog,
  );
  opened.parts.firewall.ensure();
  opened.parts.kernel.repair(opened.parts.hostObjects());
  await warmUp(opened.parts);
});
after(() => opened.close());

/** Threads and libraries that start with their first use are no leak of the operation that happens to be first. */
async function warmUp(parts: Parts): Promise<void> {
  await createNetwork(parts, request("warm", "bridge"));
  await removeNetwork(parts, "warm");
  parts.kernel.sandboxes.create("warm");
  await parts.names.open({ sandboxId: "warm", networks: [], upstreams: [], links: {}, forward: false });
  await parts.names.close("warm");
  await parts.kernel.sandboxes.remove("warm");
  snapshot(parts);
}

const request = (name: string, driver: string): NetworkRequest => ({
  ...{
    name,
    driver,
    internal: false,
    attachable: false,
    ipv4: true,
    ipv6: true,
    ipamDriver: "default",
    ipamOptions: {},
  },
  ...{ pools: [], options: {}, labels: {}, configOnly: false },
});

const upstreams = () => [];
const networkingOf = (parts: Parts) => new EndpointNetworking(parts, upstreams);
const web = labContainer("web", [
  { protocol: "tcp", containerPort: 80, hostIp: "", hostPort: 8080, hostPortEnd: 8080 },
]);
const useCasesOf = (parts: Parts) =>
  networkUseCases(parts, { find: () => web, upstreamsOf: upstreams, updateFiles() {} });

/** Operations in the order of a life; each starts from what the ones before have made. */
const operations = (driver: string): readonly { name: string; run: (parts: Parts) => Promise<unknown> }[] => [
  { name: "network create", run: (parts) => createNetwork(parts, request("one", driver)) },
  { name: "second network create", run: (parts) => createNetwork(parts, request("two", driver)) },
  {
    name: "container create",
    run: (parts) =>
      networkingOf(parts).reserve(web, [{ network: "one", settings: labSettings }], (endpoints) =>
        parts.state.commit(endpoints.map((value) => ({ put: "endpoint", id: value.id, value }))),
      ),
  },
  {
    name: "container start",
    async run(parts) {
      await using rollback = new Rollback();
      await networkingOf(parts).open(web, () => parts.state.commit([]), rollback);
      rollback.commit();
    },
  },
  {
    name: "network connect",
    run: (parts) => useCasesOf(parts).connect("two", "web", { ...labSettings, gwPriority: 7 }),
  },
  {
    name: "port add",
    run: (parts) => {
      const ports = [{ protocol: "udp", containerPort: 53, hostIp: "", hostPort: 5353, hostPortEnd: 5353 } as const];
      return networkingOf(parts).publish(web, ports, () => parts.state.commit([]));
    },
  },
];

for (const { type, create } of builtinDrivers) {
  if (!create({ defaultBridge: "fairlead0" }).addressed) continue;
  for (const { name, run } of operations(type)) {
    test(`FIX-1 ${type}: ${name} cut off after any step leaves the host as it was`, async () => {
      const cut = await cutAfterEachStep(run);
      assert.ok(cut > 0, "no step was seen: the injection does not work");
    });
  }
}

/** Runs the operation again and again, failing one step later each time, until it goes through. Returns how often it failed. */
async function cutAfterEachStep(run: (parts: Parts) => Promise<unknown>): Promise<number> {
  for (let failAt = 1; ; failAt++) {
    const before = snapshot(opened.parts);
    const { parts, steps } = withFaults(opened.parts, failAt);
    try {
      await run(parts);
      return steps.length;
    } catch (error) {
      if (!(error instanceof InjectedFailure)) throw error;
      assert.deepEqual(snapshot(opened.parts), before, error.message);
    }
  }
}
