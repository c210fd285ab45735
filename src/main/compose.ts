import { hostname } from "node:os";
import { join } from "node:path";
import type { Log } from "../base/log.ts";
import type { ClusterListener } from "../contracts/cluster.ts";
import { archiveUseCases } from "../engine/containers/archive.ts";
import { resumeChecks } from "../engine/containers/health/checks.ts";
import { linkersOf } from "../engine/containers/links/linkers.ts";
import { linkHosts } from "../engine/containers/links/links.ts";
import type { ContainerParts } from "../engine/containers/parts.ts";
import { resumeRestarts } from "../engine/containers/restarts/by-policy.ts";
import { listen, restoreContainers } from "../engine/containers/restore.ts";
import { updateHosts } from "../engine/containers/update-hosts.ts";
import { containerParts, containerUseCases } from "../engine/containers/use-cases.ts";
import { EndpointNetworking } from "../engine/endpoints/networking.ts";
import { resolverConfig } from "../engine/endpoints/records.ts";
import type { Engine } from "../engine/engine.ts";
import { ContainerFiles } from "../engine/files/container-files.ts";
import { HostResolvConf } from "../engine/files/host-resolv-conf.ts";
import { upstreamsFor } from "../engine/files/naming.ts";
import { equipHost } from "../engine/host.ts";
import { imagesInUse } from "../engine/images/use.ts";
import { imageUseCases } from "../engine/images/use-cases.ts";
import type { LeaseSide } from "../engine/leases/leasing.ts";
import { ensureBuiltIns } from "../engine/networks/built-in.ts";
import { networkUseCases } from "../engine/networks/use-cases.ts";
import type { Parts } from "../engine/parts.ts";
import { repair } from "../engine/reconcile/repair.ts";
import { adoptAddresses, restoreSandboxes } from "../engine/reconcile/restore.ts";
import { watchKernel } from "../engine/reconcile/watch.ts";
import { findContainer } from "../engine/reference.ts";
import { reset } from "../engine/reset.ts";
import { clusterListener } from "../engine/shared/listener.ts";
import { compareForwarding, remoteCounts } from "../engine/shared/remotes.ts";
import { rotateKey } from "../engine/shared/rotate-key.ts";
import { restoreVolumes, restoreVolumeUse } from "../engine/volumes/restore.ts";
import { volumeUseCases } from "../engine/volumes/use-cases.ts";
import { completePools } from "../ipam/default-pools.ts";
import { launcher } from "../kernel/launcher/launcher.ts";
import { layerFiles } from "../kernel/mounts/layer-files.ts";
import { mounts } from "../kernel/mounts/mounts.ts";
import { streams } from "../kernel/streams/streams.ts";
import { isPaused } from "../model/container-state.ts";
import { isShared } from "../model/network.ts";
import { type OpenRuntime, openRuntime } from "../runtime/runtime.ts";
import { claimHost } from "./claim-host.ts";
import type { Composition } from "./composition.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import { originalSettings } from "./forwarding.ts";
import { warningsOf } from "./listeners.ts";
import { type NetworkingParts, openNetworking } from "./networking-parts.ts";
import { releaseVersion } from "./release.ts";

/** Puts the daemon together and brings kernel, store and containers in line before anything is served. */
export async function compose(options: DaemonOptions, log: Log): Promise<Composition> {
  await using opened = new AsyncDisposableStack();
  const networking = opened.adopt(await openNetworking(options, log), (each) => each.close());
  opened.use(await claimHost());
  const { parts } = networking;
  const runtime = opened.use(openContainerRuntime(options, log));
  await runtime.prepare();
  const hostResolvConf = new HostResolvConf();
  const upstreamsOf: LeaseSide["upstreamsOf"] = (container, changed = []) => {
    const endpoints = parts.state.endpointsOf(container.id);
    const leases = endpoints.map((endpoint) => changed.find(({ id }) => id === endpoint.id) ?? endpoint);
    return upstreamsFor(container, options, hostResolvConf.current(), leases);
  };
  const files = containerFiles(options, parts, hostResolvConf);
  const side: LeaseSide = {
    upstreamsOf,
    updateFiles: (container) => {
      files.updateHosts(container, parts.state.endpointsOf(container.id));
      updateHosts({ ...parts, files }, linkersOf(parts, container.id));
    },
  };
  const containers = containerParts({
    state: parts.state,
    locks: parts.locks,
    events: parts.events,
    networking: new EndpointNetworking(parts, side),
    files,
    runtime,
    images: runtime.images,
    archive: runtime.archive,
    volumes: { ...parts, files: runtime.volumes, copyUp: runtime.archive, open: new Map() },
    log,
    logConfig: options.logConfig,
    namespaces: options.namespaces,
    logPath: (id) => join(options.dataRoot, "containers", id, "log"),
  });
  const lateEngine = Promise.withResolvers<Engine>();
  await restore(parts, containers, options, side, clusterListener(parts, lateEngine.promise));
  opened.use(await listen(containers));
  const watch = opened.use(watchKernel(parts));
  opened.use(compareForwarding(parts));
  const onUnreadable = (err: unknown) => log.warn({ err }, "cannot read the host's resolv.conf, its last state counts");
  opened.use(hostResolvConf.watch(() => void updateUpstreams(parts, upstreamsOf), onUnreadable));
  warnOfConflicts(parts);
  opened.use(resumeRestarts(containers));
  opened.use(resumeChecks(containers));
  const images = opened.use(imageUseCases({ ...parts, images: runtime.images, log }));
  await runtime.images.collect(imagesInUse(parts));
  const all = opened.move();
  const rest = composition(options, networking, containers, side);
  lateEngine.resolve(rest.engine);
  const resetAll = async () => {
    watch[Symbol.dispose]();
    await reset(parts, rest.engine.containers, originalSettings(networking.store));
    setImmediate(() => process.kill(process.pid, "SIGTERM")); // after the answer: calls are finished first
  };
  return {
    ...rest,
    daemon: { ...rest.daemon, reset: resetAll },
    images,
    stop: () => all.disposeAsync(),
  };
}

/** Containers never see what would let them steer the daemon: its data and its sockets. */
function openContainerRuntime({ dataRoot, execRoot, hosts, registries }: DaemonOptions, log: Log): OpenRuntime {
  const secrets = hosts.flatMap((host) => (host.startsWith("unix://") ? host.slice("unix://".length) : []));
  const archiveWorker = join(import.meta.dirname, "archive-worker.ts");
  const kernel = { mounts, layerFiles, streams, launcher };
  return openRuntime({ dataRoot, execRoot, log, ...kernel, secrets, archiveWorker, registries });
}

/** First what runs, then what is to be made: a leftover of an earlier store is out of the way before ours is built. */
async function restore(
  parts: Parts,
  containers: ContainerParts,
  options: DaemonOptions,
  side: LeaseSide,
  listener: ClusterListener,
): Promise<void> {
  // Missing at every first start after a boot: nothing to report.
  parts.firewall.ensure();
  equipHost(parts);
  adoptAddresses(parts);
  await parts.cluster.start(listener, [...parts.state.networks.values()].filter(isShared));
  await restoreVolumes(containers.volumes);
  const running = await restoreContainers(containers);
  await restoreVolumeUse(containers.volumes, running);
  await restoreSandboxes(parts, running, side);
  await ensureBuiltIns(parts, options.bridge);
}

function containerFiles(options: DaemonOptions, { state, log }: Parts, hostResolvConf: HostResolvConf): ContainerFiles {
  const gateways = () => state.networkNamed("bridge")?.pools.flatMap(({ gateway }) => gateway ?? []) ?? [];
  return new ContainerFiles(join(options.dataRoot, "files"), {
    daemon: options,
    hostResolvConf,
    hostGateways: () => (options.hostGatewayIps.length > 0 ? options.hostGatewayIps : gateways()),
    linkHosts: (container) => linkHosts({ state }, container),
    hostHosts: "/etc/hosts",
    log,
  });
}

/** The host's name servers have changed: open resolvers follow. */
async function updateUpstreams(parts: Parts, upstreamsOf: LeaseSide["upstreamsOf"]): Promise<void> {
  for (const { id, attachments } of parts.sandboxes.all()) {
    const container = parts.state.containers.get(id);
    if (!container || attachments.length === 0) continue;
    await parts.names
      .update(resolverConfig(id, attachments, upstreamsOf(container)))
      .catch((error: unknown) =>
        parts.log.error(
          { err: error, container: container.name },
          "cannot tell a resolver of the host's new name servers",
        ),
      );
  }
}

function warnOfConflicts({ firewall, log }: Parts): void {
  for (const { chain, remedy } of firewall.conflicts()) {
    log.warn({ chain, remedy }, "another firewall drops forwarded packets that are allowed here");
  }
}

function composition(
  options: DaemonOptions,
  { parts, daemonId }: NetworkingParts,
  containers: ContainerParts,
  side: LeaseSide,
): Omit<Composition, "images" | "stop" | "daemon"> & { daemon: Omit<Composition["daemon"], "reset"> } {
  return {
    engine: engineOf(parts, containers, side),
    daemon: {
      id: daemonId,
      version: releaseVersion(),
      hostname: hostname(),
      dataRoot: options.dataRoot,
      execRoot: options.execRoot,
      debug: options.logLevel === "debug",
      startedAt: new Date().toISOString(),
      labels: options.labels,
      logDriver: options.logConfig.type,
      registries: options.registries,
      programs: () => containers.runtime.programs(),
      drivers: () => [...parts.drivers.all().map(({ type }) => type), ...parts.plugins.networkDrivers()],
      addressPools: completePools(options.addressPools, daemonId),
      warnings: () => [
        ...warningsOf(options.hosts),
        ...parts.firewall
          .conflicts()
          .map(({ chain, remedy }) => `${chain} drops packets that are allowed here; ${remedy}`),
      ],
    },
    telemetry: {
      counters: (sandboxId, ifName) => parts.kernel.counters(sandboxId, ifName),
      dns: () => parts.names.statistics(),
      reconcile: () => parts.repairs,
      forwarding: () => ({ ...parts.programmed, remotes: remoteCounts(parts) }),
    },
  };
}

function engineOf(parts: Parts, containers: ContainerParts, side: LeaseSide): Engine {
  const { state, events } = parts;
  return {
    networks: networkUseCases(parts, {
      ...side,
      find: (reference) => findContainer(state, reference),
    }),
    containers: containerUseCases(containers),
    archive: archiveUseCases(containers),
    volumes: volumeUseCases(containers.volumes),
    cluster: parts.cluster,
    rotateKey: () => rotateKey(parts),
    subscribe: (listener) => events.subscribe(listener),
    eventsSince: (sinceNano) => events.since(sinceNano),
    repair: (how) => repair(parts, how),
    hostLimits: () => containers.runtime.hostLimits(),
    hostConfinement: () => containers.runtime.hostConfinement(),
    counts: () => countAll(parts),
  };
}

function countAll({ state }: Parts): ReturnType<Engine["counts"]> {
  const counts = { created: 0, running: 0, paused: 0, exited: 0 };
  for (const container of state.containers.values()) {
    counts[isPaused(container) ? "paused" : container.state.status] += 1;
  }
  return { ...counts, networks: state.networks.size, endpoints: state.endpoints.size };
}
