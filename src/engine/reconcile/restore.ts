import type { Upstream } from "../../contracts/names.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import { hasOwnPools, isLeased, isShared } from "../../model/network.ts";
import { attachmentsOf } from "../endpoints/attachments.ts";
import type { OpenSandbox } from "../endpoints/open-sandboxes.ts";
import { nameRecord, resolverConfig } from "../endpoints/records.ts";
import { type LeaseSide, Leasing } from "../leases/leasing.ts";
import { dropLost } from "../leases/lost.ts";
import type { Parts } from "../parts.ts";
import { resumePlugins } from "../plugins/resume.ts";
import { adoptPools } from "../shared/clashes.ts";
import { localEndpoints } from "../shared/local-endpoint.ts";
import { desired } from "./desired.ts";
import { repair } from "./repair.ts";

/** Gives addresses in the store back to address management. First of all, before anything is reserved. */
export function adoptAddresses(parts: Parts): void {
  const { state, ipam, drivers, cluster } = parts;
  for (const network of state.networks.values()) {
    const driver = drivers.find(network.driver);
    if (network.configOnly || !driver.addressed || !hasOwnPools(network, driver)) continue;
    if (isShared(network)) adoptPools(parts, network);
    else for (const pool of network.pools) ipam.adoptPool(network.id, pool);
  }
  for (const { networkId, containerId, ipv4, ipv6 } of state.endpoints.values()) {
    const owner = `container ${state.containers.get(containerId)?.name ?? containerId}`;
    const network = state.networks.get(networkId);
    if (!network || isLeased(network) || !hasOwnPools(network, drivers.find(network.driver))) continue;
    if (isShared(network)) {
      for (const address of [ipv4, ipv6]) if (address) cluster.adopt(network, address, owner);
      continue;
    }
    if (ipv4) ipam.reserve(networkId, { family: 4, address: ipv4.split("/")[0] ?? "", owner });
    if (ipv6) ipam.reserve(networkId, { family: 6, address: ipv6.split("/")[0] ?? "", owner });
  }
}

/**
 * Takes the sandboxes of running containers over, as they are. What is as it should be is not touched: their traffic
 * goes on throughout. Then mends, cleans up, and reopens resolvers and port reservations.
 */
export async function restoreSandboxes(parts: Parts, running: readonly Container[], side: LeaseSide): Promise<void> {
  for (const container of running) adoptSandbox(parts, container);
  dropLost(parts);
  parts.expected.add(desired(parts).objects);
  const repaired = await repairAtStart(parts);
  parts.tunnel.meetPeers();
  const open = [...parts.sandboxes.all()];
  await Promise.all(open.map((sandbox) => reopen(parts, sandbox, (of) => side.upstreamsOf(of))));
  await resumeShared(parts);
  resumeLeases(parts, side);
  resumePlugins(parts);
  parts.log.info({ networks: parts.state.networks.size, sandboxes: open.length, repaired }, "restored");
}

function resumeLeases(parts: Parts, side: LeaseSide): void {
  const leasing = new Leasing(parts, side);
  for (const sandbox of parts.sandboxes.all()) {
    const owner = parts.state.containers.get(sandbox.id);
    if (!owner) continue;
    leasing.resume(owner, sandbox);
    for (const { endpoint, driver } of sandbox.attachments)
      if (driver.remote && !endpoint.plugged) void finishConnect(parts, leasing, endpoint);
  }
}

/** A connect that was cut short while the network's plugin was asked: it is completed, or undone. Never throws. */
async function finishConnect(parts: Parts, leasing: Leasing, { id, containerId, networkId }: Endpoint): Promise<void> {
  try {
    await using _container = await parts.locks.hold(containerId);
    const container = parts.state.containers.get(containerId);
    if (container) await leasing.acquireLive(container, id);
  } catch (err) {
    parts.log.error(
      { err, container: containerId, network: networkId },
      "a connect that was cut short has been undone",
    );
  }
}

/** What this host has on networks of the cluster is told again, and what others have is heard: neither waits for the store. */
async function resumeShared(parts: Parts): Promise<void> {
  const { state, cluster, inUse, sandboxes, log } = parts;
  for (const id of inUse.all()) {
    const network = state.networks.get(id);
    if (network)
      cluster.use(network).catch((err: unknown) => log.error({ err, network: network.name }, "cannot follow"));
  }
  const endpoints = [...sandboxes.all()].flatMap(({ attachments }) => localEndpoints(parts, attachments));
  await cluster.publish(endpoints).catch((err: unknown) => log.error({ err }, "cannot publish endpoints"));
}

/** What cannot be repaired must not keep the daemon, and so all others, down. */
async function repairAtStart(parts: Parts): Promise<number> {
  try {
    return (await repair(parts, { dryRun: false })).differences.length;
  } catch (err) {
    parts.log.error({ err }, "cannot repair everything; run `fairlead repair` to try again");
    return 0;
  }
}

/** The sandbox's endpoints and ports are its creator's, whether or not that one still runs. */
function adoptSandbox(parts: Parts, container: Container): void {
  const { state, sandboxes, kernel } = parts;
  const id = container.sandboxId;
  if (id === undefined) return;
  const known = sandboxes.get(id);
  if (known) {
    known.members.add(container.id);
    return;
  }
  if (!kernel.sandboxes.exists(id)) {
    parts.log.error(
      { container: container.name, sandbox: id },
      "the container runs, but the pin of its sandbox is gone; restart the container",
    );
    return;
  }
  const attachments = attachmentsOf(parts, id);
  const ports = state.containers.get(id)?.ports ?? [];
  for (const { network } of attachments) if (isShared(network)) parts.inUse.add(network.id, id);
  sandboxes.add({ id, members: new Set([container.id]), attachments, ports });
}

async function reopen(
  parts: Parts,
  sandbox: OpenSandbox,
  upstreamsOf: (container: Container) => readonly Upstream[],
): Promise<void> {
  const { state, names, firewall, ports, log } = parts;
  const owner = state.containers.get(sandbox.id);
  if (!owner) return;
  for (const { mapping, why } of ports.adopt(sandbox.ports, `container ${owner.name}`)) {
    log.warn(
      { mapping, why },
      "a published port could not be reserved again; the container keeps receiving its traffic",
    );
  }
  if (sandbox.attachments.length === 0) return;
  await names.publish(sandbox.attachments.map(nameRecord));
  try {
    const resolver = await names.open(resolverConfig(sandbox.id, sandbox.attachments, upstreamsOf(owner)));
    firewall.redirectDns(sandbox.id, resolver);
  } catch (err) {
    // Who may administer its own sandbox may also spoil it, by taking 127.0.0.1 away: no reason to leave all others alone.
    log.error({ err, container: owner.name }, "no names can be resolved in the container until it is restarted");
  }
}
