import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../base/errors.ts";
import { Gate } from "../base/gate.ts";
import { newId } from "../base/ids.ts";
import { KeyedLock } from "../base/keyed-lock.ts";
import type { Log } from "../base/log.ts";
import type { Cluster } from "../contracts/cluster.ts";
import type { Driver } from "../contracts/driver.ts";
import type { Store } from "../contracts/store.ts";
import { openDhcp } from "../dhcp/dhcp.ts";
import { remoteDriver } from "../drivers/remote-driver.ts";
import { OpenSandboxes } from "../engine/endpoints/open-sandboxes.ts";
import { EventHub } from "../engine/events.ts";
import { hostObjects } from "../engine/host.ts";
import type { Drivers, Parts } from "../engine/parts.ts";
import { Claims } from "../engine/plugins/claims.ts";
import { NodeNews } from "../engine/plugins/node-news.ts";
import { RemoteIpam } from "../engine/plugins/remote-ipam.ts";
import { ExpectedLinks } from "../engine/reconcile/expected-links.ts";
import { HostTunnel } from "../engine/shared/host-tunnel.ts";
import { NetworksInUse } from "../engine/shared/in-use.ts";
import { Paths } from "../engine/shared/paths.ts";
import { State } from "../engine/state.ts";
import { createFirewall } from "../firewall/firewall.ts";
import { completePools } from "../ipam/default-pools.ts";
import { openIpam } from "../ipam/ipam.ts";
import { openNft } from "../kernel/nft/nft.ts";
import { openKernel, openTunnels } from "../kernel/open.ts";
import { PathProber } from "../kernel/probe/path-probe.ts";
import { portSockets } from "../kernel/sockets/port-sockets.ts";
import { isEncrypted, type Network } from "../model/network.ts";
import { openPlugins } from "../plugins/plugins.ts";
import { createPorts } from "../ports/ports.ts";
import { namesIn } from "../runtime/layout.ts";
import { openStore } from "../store/sqlite.ts";
import { openCluster } from "./cluster.ts";
import { alone } from "./cluster-options.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import { builtinDrivers } from "./drivers.ts";
import { forwardingSettings, hasLoopback6, rememberSettings } from "./forwarding.ts";
import { startNames } from "./names.ts";

/** Name of the bridge behind the built-in network `bridge` (docker: docker0). */
const defaultBridge = "fairlead0";

export type NetworkingOptions = Pick<DaemonOptions, "dataRoot" | "execRoot" | "addressPools" | "bridge" | "ipForward"> &
  Partial<Pick<DaemonOptions, "networkOptions" | "cluster" | "plugins" | "directRouting">>;

/** Where nobody said: none are looked for. */
const noPlugins = { directories: [], timeoutMs: 30_000 };

export interface NetworkingParts {
  readonly parts: Parts;
  readonly store: Store;
  /** Identity of this daemon, kept in the store. */
  readonly daemonId: string;
  /** Lets go of threads, sockets and the store; what is in the kernel stays. */
  close(): Promise<void>;
}

/** Opens everything that networks are made with. What was opened before a failure is closed again. */
export async function openNetworking(options: NetworkingOptions, log: Log): Promise<NetworkingParts> {
  await using opened = new AsyncDisposableStack();
  const store = opened.adopt(openOwnStore(options), (each) => each.close());
  const kernel = opened.adopt(openKernel({ execRoot: options.execRoot, log }), (each) => each.close());
  const nft = opened.use(openNft({ runIn: kernel.sandboxes.runIn.bind(kernel.sandboxes) }));
  const names = opened.adopt(
    startNames({
      sandboxes: kernel.sandboxes,
      netnsDirectory: join(options.execRoot, "netns"),
      log,
      onFatal: endDaemon(log),
    }),
    (each) => each.stop(),
  );
  const state = new State(store);
  const daemonId = identity(store);
  const settings = options.cluster ?? alone;
  const keyFile = join(options.dataRoot, "wireguard.key");
  const tunnels = opened.adopt(openTunnels({ keyFile }), (each) => each.close());
  const found = await openCluster(settings, { store, kernel, tunnels, daemonId, log });
  const cluster = opened.adopt(found.cluster, (each) => each.stop());
  const defaultPools = completePools(options.addressPools, daemonId);
  const forwarding = options.ipForward ? forwardingSettings(kernel) : [];
  rememberSettings(store, forwarding);
  const events = new EventHub();
  const inUse = new NetworksInUse();
  const networksInUse = () => [...inUse.all()].flatMap((id) => state.networks.get(id) ?? []);
  const tunnel = new HostTunnel({ settings: found.tunnel, tunnels, cluster, networksInUse, events, log });
  const prober = opened.adopt(new PathProber(), (each) => each.close());
  const paths = opened.use(new Paths({ probe: prober.probe, cluster, inUse, events, log }));
  const parts: Parts = {
    state,
    kernel,
    names,
    dhcp: opened.adopt(openDhcp({ kernel, log }), (each) => each.close()),
    log,
    firewall: createFirewall({ nft }),
    ipam: openIpam({ defaultPools, nameOf: (id) => state.networks.get(id)?.name }),
    ports: createPorts({ sockets: portSockets }),
    cluster,
    ...opened.adopt(openPluginParts(options, { state, cluster, log }), ({ claims }) => claims[Symbol.dispose]()),
    drivers: driverTable(cluster, tunnel, options.directRouting ?? false),
    locks: new KeyedLock(),
    gate: new Gate(),
    events,
    expected: new ExpectedLinks(),
    sandboxes: new OpenSandboxes(),
    inUse,
    paths,
    tunnels,
    tunnel,
    clashes: new Map(),
    hostObjects: () => [...hostObjects({ state, inUse, forwarding, loopback6: hasLoopback6() }), ...tunnel.objects()],
    repairs: { runs: 0, differences: {} },
    programmed: { put: 0, dropped: 0 },
    defaults: {
      bindAddress: options.bridge.hostIp === "0.0.0.0" ? "" : options.bridge.hostIp,
      networkOptions: options.networkOptions ?? {},
    },
  };
  const all = opened.move();
  return { parts, store, daemonId, close: () => all.disposeAsync() };
}

function openPluginParts(
  { plugins: settings }: NetworkingOptions,
  parts: { readonly state: State; readonly cluster: Cluster; readonly log: Log },
) {
  const plugins = openPlugins(settings ?? noPlugins, parts.log);
  return {
    plugins,
    claims: new Claims({ ...parts, plugins }),
    remoteIpam: new RemoteIpam({ ...parts, plugins }),
    nodeNews: new NodeNews({ ...parts, plugins, isBuiltIn }),
  };
}

const isBuiltIn = (driver: string): boolean => builtinDrivers.some(({ type }) => type === driver);

function driverTable(cluster: Cluster, tunnel: HostTunnel, directRouting: boolean): Drivers {
  const inTheClear = () => {
    const place = cluster.underlay();
    return place && { ...place, encrypted: false };
  };
  const kit = {
    defaultBridge,
    directRouting,
    underlay: (network: Network) => (isEncrypted(network) ? tunnel.underlay() : inTheClear()),
  };
  const drivers = new Map(builtinDrivers.map((module) => [module.type, module.create(kit)]));
  const remote = new Map<string, Driver>();
  return {
    all: () => [...drivers.values()],
    isBuiltIn,
    find(type) {
      const driver = drivers.get(type) ?? remote.get(type) ?? remoteDriver(type);
      if (!drivers.has(type)) remote.set(type, driver);
      return driver;
    },
  };
}

/**
 * What belongs to no record is removed at a start. A store that is new, beside files of containers, has lost its records:
 * that must not cost all they have written. Where the data root was erased, with them, what still runs goes as any leftover.
 */
function openOwnStore({ dataRoot, execRoot }: NetworkingOptions): Store {
  mkdirSync(dataRoot, { recursive: true, mode: 0o710 });
  mkdirSync(execRoot, { recursive: true, mode: 0o711 });
  const path = join(dataRoot, "fairlead.db");
  const store = openStore(path);
  const containers = join(dataRoot, "containers");
  const unknown = store.get("meta", "daemon") ? 0 : namesIn(containers).length;
  if (unknown === 0) return store;
  store.close();
  const why = `it is new, and there are ${unknown} containers in ${containers} that it does not know`;
  const remedy = `put the former store back, or move ${containers} away to start empty`;
  throw new EngineError("STORE_UNUSABLE", { path, why, remedy });
}

function identity(store: Store): string {
  const known = store.get<{ id: string }>("meta", "daemon");
  if (known) return known.id;
  const id = newId();
  store.commit([{ put: "meta", id: "daemon", value: { id } }]);
  return id;
}

/** Without DNS the daemon is no use to anybody: it ends, and whoever supervises it starts it again. */
const endDaemon = (log: Log) => (error: Error) => {
  log.error({ err: error }, "the daemon ends: DNS cannot be kept alive");
  process.exit(1);
};
