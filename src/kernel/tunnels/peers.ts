import { bitsOf, formatIp, parseIp } from "../../base/ip.ts";
import type { RefusedPeer, TunnelPeer, TunnelPeerState } from "../../contracts/tunnel.ts";
import { familyOf } from "../netlink/ip-address.ts";
import { PEER_REMOVE, PEER_REPLACE_ALLOWED, type PeerValues } from "../netlink/wireguard.ts";

/** REJECT_AFTER_TIME of the WireGuard protocol: a session is used for no longer. */
const SESSION_MS = 180_000;
/** Any interval but 0: a peer that gets one sends a packet at once. */
const AT_ONCE = 25;

/** Endpoints as they were wanted last, by public key. */
export type WantedEndpoints = ReadonlyMap<string, string>;

/** A peer as the kernel reports it. */
export function peerState(peer: PeerValues): TunnelPeerState {
  const { seconds = 0n, nanoseconds = 0n } = peer.lastHandshake ?? {};
  return {
    publicKey: peer.publicKey ?? "",
    endpoint: peer.endpoint,
    allowedIps: (peer.allowedIps ?? []).map(({ address, prefixLength }) => `${address}/${prefixLength}`),
    ...(peer.keepalive ? { keepalive: peer.keepalive } : {}),
    lastHandshake: seconds === 0n ? undefined : Number(seconds * 1000n + nanoseconds / 1_000_000n),
    rxBytes: Number(peer.rxBytes ?? 0n),
    txBytes: Number(peer.txBytes ?? 0n),
  };
}

export const endpointText = ({ address, port }: TunnelPeer["endpoint"]): string => `${canonical(address)} ${port}`;
const canonical = (address: string): string => formatIp(parseIp(address) ?? { family: 4, value: 0n });
const cidrOf = (address: string): string => `${canonical(address)}/${bitsOf(address.includes(":") ? 6 : 4)}`;

/**
 * What to send so that the kernel's peers are the wanted ones: first what goes, then what comes or changes, and last what
 * only ends the packet that new keys begin with. Peers that are right already are in none of them.
 */
export function peerChanges(
  found: readonly TunnelPeerState[],
  wanted: readonly TunnelPeer[],
  { before, now }: { before: WantedEndpoints; now: number },
): { changes: PeerValues[]; afterwards: PeerValues[] } {
  const keys = new Set(wanted.map(({ publicKey }) => publicKey));
  const leaving = found.filter(({ publicKey }) => !keys.has(publicKey));
  const vacated = new Set(leaving.flatMap(({ allowedIps }) => allowedIps));
  const here = new Map(found.map((peer) => [peer.publicKey, peer]));
  const changes: PeerValues[] = leaving.map(({ publicKey }) => ({ publicKey, flags: PEER_REMOVE }));
  const afterwards: PeerValues[] = [];
  for (const peer of wanted) {
    const state = here.get(peer.publicKey);
    const change = state ? changeOf(state, peer, before, now) : newPeer(peer);
    if (!change) continue;
    // A host with a new key: it cannot begin, for nobody else knew that key when it took it. So this side begins.
    const rekeyed = !state && vacated.has(cidrOf(peer.tunnelAddress)) && !peer.keepalive;
    changes.push(rekeyed ? { ...change, keepalive: AT_ONCE } : change);
    if (rekeyed) afterwards.push({ publicKey: peer.publicKey, keepalive: 0 });
  }
  return { changes, afterwards };
}

const newPeer = ({ publicKey, endpoint, tunnelAddress, keepalive = 0 }: TunnelPeer): PeerValues => ({
  publicKey,
  endpoint,
  keepalive,
  ...allowing(tunnelAddress),
});

const allowing = (address: string): PeerValues => ({
  flags: PEER_REPLACE_ALLOWED,
  allowedIps: [{ family: familyOf(address), address, prefixLength: bitsOf(address.includes(":") ? 6 : 4) }],
});

function changeOf(
  state: TunnelPeerState,
  peer: TunnelPeer,
  before: WantedEndpoints,
  now: number,
): PeerValues | undefined {
  const { publicKey, endpoint, tunnelAddress, keepalive = 0 } = peer;
  const allowed = state.allowedIps.length === 1 && state.allowedIps[0] === cidrOf(tunnelAddress);
  const change: PeerValues = {
    ...(movesTo(state, peer, before, now) ? { endpoint } : {}),
    ...((state.keepalive ?? 0) === keepalive ? {} : { keepalive }),
    ...(allowed ? {} : allowing(tunnelAddress)),
  };
  return Object.keys(change).length === 0 ? undefined : { publicKey, ...change };
}

/** A session that lives has the address that its packets come from, which NAT may have changed; news of the host wins. */
function movesTo(state: TunnelPeerState, { publicKey, endpoint }: TunnelPeer, before: WantedEndpoints, now: number) {
  const wanted = endpointText(endpoint);
  if (state.endpoint && endpointText(state.endpoint) === wanted) return false;
  const last = before.get(publicKey);
  const alive = state.lastHandshake !== undefined && Math.abs(now - state.lastHandshake) < SESSION_MS;
  return !alive || (last !== undefined && last !== wanted);
}

/** Takes out what is no peer, or claims what another claims too: WireGuard would give it to the last one, without a word. */
export function sortOut(
  peers: readonly TunnelPeer[],
  ownKey: string | undefined,
): { good: TunnelPeer[]; refused: RefusedPeer[] } {
  const keys = Map.groupBy(peers, ({ publicKey }) => publicKey);
  const addresses = Map.groupBy(peers, ({ tunnelAddress }) => canonical(tunnelAddress));
  const good: TunnelPeer[] = [];
  const refused: RefusedPeer[] = [];
  for (const peer of peers) {
    const why = flawOf(peer) ?? clashOf(peer, { keys, addresses, ownKey });
    if (why === undefined) good.push(peer);
    else refused.push({ peer, why });
  }
  return { good, refused };
}

function flawOf({ publicKey, endpoint, tunnelAddress, keepalive = 0 }: TunnelPeer): string | undefined {
  const key = Buffer.from(publicKey, "base64");
  if (key.length !== 32 || key.toString("base64") !== publicKey) return `"${publicKey}" is no public key`;
  if (!parseIp(endpoint.address)) return `"${endpoint.address}" is no address`;
  if (!isWithin(endpoint.port, 1, 65_535)) return `${endpoint.port} is no port`;
  if (!parseIp(tunnelAddress)) return `"${tunnelAddress}" is no address`;
  return isWithin(keepalive, 0, 65_535) ? undefined : `${keepalive} is no keepalive interval`;
}
const isWithin = (value: number, least: number, most: number) =>
  Number.isInteger(value) && value >= least && value <= most;

interface Claims {
  readonly keys: ReadonlyMap<string, readonly TunnelPeer[]>;
  readonly addresses: ReadonlyMap<string, readonly TunnelPeer[]>;
  readonly ownKey: string | undefined;
}
function clashOf({ publicKey, tunnelAddress }: TunnelPeer, { keys, addresses, ownKey }: Claims): string | undefined {
  if (publicKey === ownKey)
    return "it has the key of this host: a copied data root? Remove the key file of one of them";
  if ((keys.get(publicKey)?.length ?? 0) > 1) return "another host has the same key: a copied data root?";
  if ((addresses.get(canonical(tunnelAddress))?.length ?? 0) > 1)
    return `another host has the tunnel address ${tunnelAddress} too`;
  return undefined;
}
