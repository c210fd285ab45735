import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { lacksLinkKind } from "../../lab/link-kinds.ts";
import { ending, lineOf, start } from "../../lab/process.ts";
import { ip } from "../../lab/topology.ts";
import { silentLog } from "../../src/base/log.ts";
import { Rollback } from "../../src/base/rollback.ts";
import { EndpointNetworking } from "../../src/engine/endpoints/networking.ts";
import type { NetworkRequest } from "../../src/engine/engine.ts";
import { createNetwork } from "../../src/engine/networks/create.ts";
import { removeNetwork } from "../../src/engine/networks/remove.ts";
import { networkUseCases } from "../../src/engine/networks/use-cases.ts";
import type { Parts } from "../../src/engine/parts.ts";
import { repair } from "../../src/engine/reconcile/repair.ts";
import { clusterListener } from "../../src/engine/shared/listener.ts";
import { builtinDrivers } from "../../src/main/drivers.ts";
import { type NetworkingParts, openNetworking } from "../../src/main/networking-parts.ts";
import { isShared } from "../../src/model/network.ts";
import { labContainer, labSettings } from "./container.ts";
import { InjectedFailure, withFaults } from "./faults.ts";
import { snapshot as hostSnapshot } from "./snapshot.ts";

const root = mkdtempSync(join(tmpdir(), "fairlead-failures-"));
const bridge = { name: "", icc: true, ipv6: false, masquerade: true, hostIp: "" };
const plugins = { directories: [join(root, "plugins")], timeoutMs: 5000 };
let opened: NetworkingParts;

/** What a plugin has, for those whose driver is one. */
let atPlugin: () => unknown = () => undefined;
const snapshot = (parts: Parts) => ({ host: hostSnapshot(parts), plugin: atPlugin() });

/** A driver that is a plugin: a process of its own in this host. Its name is the driver's. */
async function startPlugin(type: string): Promise<ChildProcess> {
  const folder = join(root, `plugin-${type}`);
  const program = join(import.meta.dirname, "../../lab/plugin/server.ts");
  const child = start([process.execPath, program, join(root, "plugins", `${type}.sock`), folder]);
  await lineOf(child, /^ready$/, `plugin ${type}`);
  atPlugin = () => {
    const file = join(folder, "state.json");
    return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { networks: {}, endpoints: {}, pools: {} };
  };
  return child;
}

before(async () => {
  addUplink();
  opened = await openNetworking(
    { dataRoot: join(root, "data"), execRoot: join(root, "run"), addressPools: [], ipForward: true, bridge, plugins },
    silentLog,
  );
  const { parts } = opened;
  await parts.cluster.start(clusterListener(parts, Promise.resolve({ networks: useCasesOf(parts) })), []);
  opened.parts.firewall.ensure();
  opened.parts.kernel.repair(opened.parts.hostObjects());
  await warmUp(opened.parts);
});
after(() => opened.close());

/** Where drivers of networks on the LAN put their links: the link of the default route, a wire to nowhere. */
function addUplink(): void {
  ip(
    "link add uplink0 type veth peer name lan0",
    "link set lan0 up",
    "addr add 192.0.2.2/24 dev uplink0",
    "link set uplink0 up",
    "route add default via 192.0.2.1",
  );
}

/** Why a driver cannot be tried on this kernel; false when it can. */
const lacks = (driver: string): string | false => (isLan(driver) ? lacksLinkKind(driver) : false);
const isLan = (driver: string) => driver === "macvlan" || driver === "ipvlan";

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
    // What the first network with IPv6 brings the host is other drivers' affair.
    ipv6: builtinDrivers.some(({ type }) => type === driver),
    ipamDriver: "default",
    ipamOptions: {},
  },
  ...{ pools: [], options: optionsOf(driver), labels: {}, configOnly: false },
});

/**
 * As many kinds of objects as the driver and the kernel have: a sub-interface that both networks share, host access.
 * Nobody is at the other end of the wire, and each question there would take its time.
 */
const optionsOf = (driver: string): Record<string, string> =>
  isLan(driver) ? { dad: "false", host_access: "true", parent: lacksLinkKind("vlan") ? "uplink0" : "uplink0.7" } : {};

const upstreams = () => [];
const networkingOf = (parts: Parts) => new EndpointNetworking(parts, { upstreamsOf: upstreams, updateFiles() {} });
const web = labContainer("web", [
  { protocol: "tcp", containerPort: 80, hostIp: "", hostPort: 8080, hostPortEnd: 8080 },
]);
const useCasesOf = (parts: Parts) =>
  networkUseCases(parts, { find: () => web, upstreamsOf: upstreams, updateFiles() {} });

const reserveWeb = (parts: Parts) =>
  networkingOf(parts).reserve(web, [{ network: "one", settings: labSettings }], (endpoints) =>
    parts.state.commit(endpoints.map((value) => ({ put: "endpoint", id: value.id, value }))),
  );

const releaseWeb = (parts: Parts, options: { force?: boolean } = {}) =>
  networkingOf(parts).release(web, (ids) => parts.state.commit(ids.map((id) => ({ delete: "endpoint", id }))), options);

async function startWeb(parts: Parts): Promise<void> {
  await using rollback = new Rollback();
  await networkingOf(parts).open(web, () => parts.state.commit([]), rollback);
  rollback.commit();
}

const connectWeb = (parts: Parts) => useCasesOf(parts).connect("two", "web", { ...labSettings, gwPriority: 7 });

/** Operations in the order of a life; each starts from what the ones before have made. */
const operations = (driver: string): readonly { name: string; run: (parts: Parts) => Promise<unknown> }[] => [
  { name: "network create", run: (parts) => useCasesOf(parts).create(request("one", driver)) },
  { name: "second network create", run: (parts) => useCasesOf(parts).create(request("two", driver)) },
  { name: "container create", run: reserveWeb },
  {
    name: "container start",
    run: (parts) => startWeb(parts),
  },
  {
    name: "network connect",
    run: connectWeb,
  },
  {
    name: "port add",
    run: (parts) => networkingOf(parts).publish(web, [dns], () => parts.state.commit([])),
  },
];

const dns = { protocol: "udp", containerPort: 53, hostIp: "", hostPort: 5353, hostPortEnd: 5353 } as const;

/** Operations in the order of an end, each with its opposite, which brings the state before back. */
const removals = (driver: string): readonly Removal[] => [
  {
    name: "removal by force of the maker of a sandbox that others use",
    run: async (parts) => {
      const members = parts.sandboxes.get(web.id)?.members.add("another");
      members?.delete(web.id); // its process has ended
      await releaseWeb(parts, { force: true });
    },
    undo: async (parts) => {
      parts.sandboxes.get(web.id)?.members.delete("another");
      await networkingOf(parts).close(web);
      await reserveWeb(parts);
      await startWeb(parts);
      await connectWeb(parts);
      if (publishes(driver)) await networkingOf(parts).publish(web, [dns], () => parts.state.commit([]));
    },
    resumes: true,
  },
  {
    name: "port rm",
    run: (parts) => {
      const gone = parts.sandboxes.get(web.id)?.ports.filter(({ protocol }) => protocol === "udp") ?? [];
      return networkingOf(parts).withdraw(web, gone, () => parts.state.commit([]));
    },
    undo: (parts) => networkingOf(parts).publish(web, [dns], () => parts.state.commit([])),
  },
  {
    name: "network disconnect",
    run: (parts) => useCasesOf(parts).disconnect("two", "web", { force: false }),
    undo: connectWeb,
  },
  {
    name: "container stop",
    run: (parts) => networkingOf(parts).close(web),
    undo: (parts) => startWeb(parts),
  },
  {
    name: "network rm",
    run: (parts) => removeNetwork(parts, "two"),
    undo: (parts) => useCasesOf(parts).create(request("two", driver)),
  },
];

interface Removal {
  readonly name: string;
  readonly run: (parts: Parts) => Promise<unknown>;
  readonly undo: (parts: Parts) => Promise<unknown>;
  /** It may stop halfway; asked again, it goes on. What it took away is back for the next removal. */
  readonly resumes?: true;
}

const builtin = (type: string) =>
  builtinDrivers.find((each) => each.type === type)?.create({ defaultBridge: "fairlead0" });

const publishes = (type: string): boolean => builtin(type)?.publishes ?? false;

/** The whole life of a driver's networks and endpoints, cut off after each step. One driver a file: it takes a while. */
export function failureSuite(row: string, type: string): void {
  const driver = builtin(type);
  // A plugin has removed its network before anything of ours can fail: PLUG-22.
  const isOffered = ({ name }: { name: string }) =>
    driver ? publishes(type) || !name.startsWith("port ") : !name.startsWith("port ") && name !== "network rm";
  suite(type, { skip: lacks(type) }, () => {
    let plugin: ChildProcess | undefined;
    before(async () => {
      if (!driver) plugin = await startPlugin(type);
    });
    after(async () => {
      await clear(opened.parts);
      plugin?.kill("SIGKILL");
      if (plugin) await ending(plugin);
    });
    for (const { name, run } of operations(type).filter(isOffered)) {
      test(`${row} ${type}: ${name} cut off after any step leaves the host as it was`, async () => {
        const cut = await cutAfterEachStep(run);
        assert.ok(cut > 0, "no step was seen: the injection does not work");
      });
    }
    for (const removal of removals(type).filter(isOffered)) {
      test(`${row} ${type}: ${removal.name} cut off after any step changes nothing, or the reconciler finishes it`, async () => {
        const cut = await cutRemoval(removal);
        if (removal.resumes) await removal.undo(opened.parts);
        assert.ok(cut > 0, "no step was seen: the injection does not work");
      });
    }
  });
}

/** What is left when a driver's life is over, so that the next one's begins with nothing. */
async function clear(parts: Parts): Promise<void> {
  await networkingOf(parts).close(web);
  await releaseWeb(parts);
  for (const { id } of [...parts.state.networks.values()]) await removeNetwork(parts, id);
}

/** As cutAfterEachStep(); what has begun to go is not brought back, but made to go. */
async function cutRemoval({ run, undo, resumes }: Removal): Promise<number> {
  const { parts: real } = opened;
  await run(real);
  const gone = snapshot(real);
  for (let failAt = 1; ; failAt++) {
    if (isDeepStrictEqual(snapshot(real), gone)) await undo(real);
    const before = snapshot(real);
    assert.notDeepEqual(before, gone);
    const { parts, steps } = withFaults(real, failAt, "removing");
    const failure = await run(parts).then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    if (steps.length < failAt) return steps.length;
    await agreed(real);
    assert.ok(failure, `${steps.at(-1)} failed, and nobody said so`);
    if (isDeepStrictEqual(snapshot(real), before)) continue;
    await repair(real, { dryRun: false });
    if (resumes) await run(real);
    assert.deepEqual(snapshot(real), gone, `step ${failAt}, ${steps[failAt - 1]}: ${failure.message}`);
  }
}

/** A network that has gone from the cluster's store and was left here goes by itself, with the news of it. */
async function agreed({ state, cluster, events }: Parts): Promise<void> {
  const there = () => new Set(cluster.networks().map(({ id }) => id));
  const isLeft = () => [...state.networks.values()].some((network) => isShared(network) && !there().has(network.id));
  const { promise, resolve } = Promise.withResolvers<void>();
  using _listening = events.subscribe(() => !isLeft() && resolve());
  if (isLeft()) await promise;
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
