import type { ClusterHost } from "../../lab/cluster/cluster-host.ts";
import { ClusterLab } from "../../lab/cluster/cluster-lab.ts";
import { Station } from "../../lab/topology.ts";
import { eventually, inspect, stay } from "../system/overlay/hosts.ts";
import { capture, isClear, marker } from "./capture.ts";

export const device = "flwg0";
export const keyFile = (host: ClusterHost): string => host.pathOf(`${host.roots.dataRoot}/wireguard.key`);

/** An answered ping takes this long at most, in seconds: the first one of a session waits for its handshake. */
const patience = "5";

/**
 * Hosts with daemons, of which the first two have a container each, red1 and red2, on the encrypted network `red`:
 *
 *     red1 -- host1 ======== underlay ======== host2 -- red2
 *                      the rest, without daemons
 */
export async function encryptedLab(hosts: number): Promise<{
  lab: ClusterLab;
  one: ClusterHost;
  two: ClusterHost;
  rest: ClusterHost[];
}> {
  const lab = await ClusterLab.create({ hosts, store: "etcd", daemons: false });
  const [one, two, ...rest] = lab.hosts as [ClusterHost, ClusterHost, ...ClusterHost[]];
  await Promise.all([one, two].map((host) => host.startDaemon()));
  await one.fairlead("network", "create", "-d", "overlay", "-o", "encrypted", "--subnet", "10.0.9.0/24", "red");
  await known(two, "red");
  return { lab, one, two, rest };
}

/** Waits until a host knows a network. */
export const known = (host: ClusterHost, network: string): Promise<unknown> =>
  eventually(
    `${network} on ${host.name}`,
    () => host.cli("network", "inspect", network),
    ({ code }) => code === 0,
  );

export async function startContainers(hosts: readonly ClusterHost[], network: string): Promise<void> {
  for (const host of hosts) await stay(host, `${network}${host.number}`, "--network", network);
}

/** Pings by name until it is answered: what another host has is heard of, not waited for. */
export const reaches = (host: ClusterHost, from: string, to: string): Promise<unknown> =>
  eventually(
    `${to} from ${from}`,
    () => pings(host, from, to),
    (answered) => answered,
  );

export const pings = async (host: ClusterHost, from: string, to: string, ...options: string[]): Promise<boolean> =>
  (await host.cli("exec", from, "ping", "-c1", "-W", patience, "-p", marker, ...options, to)).code === 0;

/** What a host's underlay carried while something was done. */
export async function carried(host: ClusterHost, during: () => unknown): Promise<"nothing" | "cipher" | "clear"> {
  const frames = await capture(host, "underlay0", during);
  if (isClear(frames)) return "clear";
  return frames.length > 0 ? "cipher" : "nothing";
}

/** Speaks from inside a container. */
export async function insideOf(host: ClusterHost, container: string): Promise<Station> {
  const [{ Id = "" } = {}] = JSON.parse(await host.fairlead("inspect", container)) as { Id?: string }[];
  return new Station(container, ["nsenter", `--net=${host.pathOf(`${host.roots.execRoot}/netns/${Id}`)}`]);
}

/** The tunnel's public key as a host's record says it, seen from another. */
export const publicKeyOf = async (from: ClusterHost, host: ClusterHost): Promise<string> =>
  (JSON.parse(await from.fairlead("host", "inspect", "-f", "json", host.name)) as { tunnel: { publicKey: string } })
    .tunnel.publicKey;

/** Interface number of the tunnel: another one, and it was made anew. */
export const tunnelIndex = async (host: ClusterHost): Promise<number | undefined> =>
  (await host.json<{ ifname: string; ifindex: number }[]>("ip", "-j", "link")).find(({ ifname }) => ifname === device)
    ?.ifindex;

/** What the kernel has of a network's endpoints on other hosts. */
export async function forwarding(host: ClusterHost, network: string): Promise<string[]> {
  const { Id } = await inspect<{ Id: string }>(host, network);
  const entries = await host.json<{ mac: string; dst?: string }[]>(
    ...["bridge", "-j", "fdb", "show", "dev", `fvx${Id.slice(0, 12)}`],
  );
  return entries.flatMap(({ mac, dst }) => (dst === undefined ? [] : [`${mac} ${dst}`])).sort();
}
