import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../base/errors.ts";
import { silentLog } from "../../base/log.ts";
import type { ClusterHost } from "../../contracts/cluster.ts";
import type { TunnelPeer, Tunnels } from "../../contracts/tunnel.ts";
import type { Network } from "../../model/network.ts";
import { EventHub } from "../events.ts";
import { HostTunnel, type TunnelParts } from "./host-tunnel.ts";

const host = (id: string, tunnel: boolean): ClusterHost => ({
  ...{ id, name: id, epoch: 1, vtep: `192.0.2.${id.slice(1)}`, mtu: 1500, created: "", drained: false, state: "live" },
  ...(tunnel ? { tunnel: { address: `fd12::${id.slice(1)}`, publicKey: `key of ${id}`, port: 51_820 } } : {}),
});
const network = (options: Record<string, string>, scope: Network["scope"] = "global") =>
  ({ id: "n", name: "red", scope, options }) as unknown as Network;

interface Facts {
  readonly fenced?: boolean;
  readonly hosts?: readonly ClusterHost[];
  readonly inUse?: readonly Network[];
  readonly refused?: string;
  readonly unsupported?: string;
}

/** A tunnel that refuses one key, the peers it was given, and what was logged and told. */
function tunnelWith({ fenced = false, hosts = [], inUse = [], refused, unsupported }: Facts) {
  const [given, warnings, events]: [(readonly TunnelPeer[])[], string[], string[]] = [[], [], []];
  const hub = new EventHub();
  hub.subscribe(({ action, actor }) => events.push(`${action} ${actor.attributes["host"]}`));
  const tunnels: Partial<Tunnels> = {
    setPeers(_device, peers) {
      given.push(peers);
      const out = peers.filter(({ publicKey }) => publicKey === refused);
      return { changed: peers.length, refused: out.map((peer) => ({ peer, why: "a test" })) };
    },
  };
  const place = { address: "192.0.2.1", device: "eth0", port: 4789, mtu: 1500 };
  const parts: TunnelParts = {
    settings: { device: "flwg0", mtu: 1440, vxlanPort: 4790, ...(unsupported === undefined ? {} : { unsupported }) },
    tunnels: tunnels as Tunnels,
    cluster: {
      hostId: "h1",
      hosts: () => hosts,
      tunnel: () => ({ address: "fd12::1", prefix: "fd12::/64", publicKey: "key of h1", port: 51_820 }),
      underlay: () => (fenced ? undefined : place),
    },
    networksInUse: () => inUse,
    events: hub,
    log: { ...silentLog, warn: (_about: object, text: string) => void warnings.push(text) },
  };
  return { tunnel: new HostTunnel(parts), given, warnings, events };
}
const encrypted = network({ encrypted: "" });

test("HostTunnel.underlay() is the tunnel, and none at all on a host that is fenced", () => {
  const expected = { address: "fd12::1", device: "flwg0", port: 4790, encrypted: true };
  assert.deepEqual(tunnelWith({}).tunnel.underlay(), expected);
  assert.equal(tunnelWith({ fenced: true }).tunnel.underlay(), undefined);
});

test("HostTunnel has firewall elements while an encrypted network is in use", () => {
  const setsOf = (...inUse: Network[]) =>
    tunnelWith({ inUse })
      .tunnel.elements()
      .map(({ set, key }) => `${set} ${key}`);
  assert.deepEqual(setsOf(network({}), encrypted), ["tunnels flwg0", "tunnel_ports 4790"]);
  assert.deepEqual(setsOf(network({ encrypted: "false" })), []);
});

test("HostTunnel.refuse() refuses encrypted networks of the cluster on a host that cannot have them", () => {
  const { tunnel } = tunnelWith({ unsupported: "this kernel is old" });
  assert.throws(
    () => tunnel.refuse(encrypted),
    (error) =>
      error instanceof EngineError &&
      error.message === "Cannot use network red: it is encrypted, and this kernel is old",
  );
  for (const other of [network({}), network({ encrypted: "0" }), network({ encrypted: "" }, "local")])
    tunnel.refuse(other);
  tunnelWith({}).tunnel.refuse(encrypted);
});

test("HostTunnel.meetPeers() leaves peers alone while the hosts are not known, or nothing is encrypted", () => {
  const inUse = [encrypted];
  const others = [host("h2", true)];
  for (const facts of [{ inUse }, { inUse, hosts: others }, { hosts: [host("h1", true), ...others] }]) {
    const { tunnel, given } = tunnelWith(facts);
    assert.deepEqual([tunnel.meetPeers(), given], [0, []]);
  }
});

test("HostTunnel.meetPeers() takes all other hosts that have a tunnel, and says once who has none, or is refused", () => {
  const hosts = [host("h1", true), host("h2", true), host("h3", false), host("h4", true)];
  const { tunnel, given, warnings, events } = tunnelWith({ inUse: [encrypted], hosts, refused: "key of h4" });
  for (let times = 0; times < 2; times++) tunnel.meetPeers();
  assert.deepEqual(given[0], [
    { publicKey: "key of h2", endpoint: { address: "192.0.2.2", port: 51_820 }, tunnelAddress: "fd12::2" },
    { publicKey: "key of h4", endpoint: { address: "192.0.2.4", port: 51_820 }, tunnelAddress: "fd12::4" },
  ]);
  assert.deepEqual([given.length, warnings.length, events], [2, 1, ["peer_refused h4"]]);
});
