import { KernelError } from "../../base/kernel-error.ts";
import type { WireguardObject } from "../../contracts/kernel.ts";
import { NETLINK_GENERIC } from "../netlink/socket.ts";
import { setDevice } from "../netlink/wireguard.ts";
import type { Session } from "../netns/session.ts";
import { readKeyPair } from "../tunnels/key-file.ts";
import { compare, missing, type ObjectKind, type Outcome, outcome } from "./kind.ts";
import { createLink, raiseLink, withoutLinkLocal } from "./link-requests.ts";
import { FINISHED, markOf } from "./mark.ts";
import { removeLink } from "./remove-links.ts";

/** Key and port before the link is up: it listens from then on. What is as described already makes the kernel drop nothing. */
function settle(session: Session, device: WireguardObject): void {
  const { name, netns, mtu, listenPort } = device;
  const { privateKey } = readKeyPair(device.keyFile, device.publicKey);
  using generic = session.namespaces.netlink(netns, NETLINK_GENERIC);
  const settings = { name, listenPort, privateKey };
  try {
    generic.run([setDevice(generic, `set key and port of WireGuard device "${name}"`, settings)]);
    session
      .socket(netns)
      .run([raiseLink(name, { mtu, alias: markOf(device), group: FINISHED, ...withoutLinkLocal(mtu) })]);
  } catch (error) {
    throw portIsTaken(error, listenPort);
  }
}

function portIsTaken(error: unknown, port: number): unknown {
  if (!(error instanceof KernelError) || error.errno !== "EADDRINUSE") return error;
  const why = `UDP port ${port} is in use on this host`;
  return new KernelError(error.operation, "EADDRINUSE", why, { cause: error });
}

/** The MTU at creation: a link that is up for a moment with another would take packets of that size. */
const create = (device: WireguardObject) => createLink(device.name, { mtu: device.mtu, info: { kind: "wireguard" } });

function makeOne(session: Session, device: WireguardObject): Outcome {
  const [refused] = session.socket(device.netns).try([create(device)]);
  if (refused) return outcome(refused);
  try {
    settle(session, device);
    return { made: true };
  } catch (error) {
    if (error instanceof KernelError) return { made: true, error };
    throw error;
  }
}

/** A WireGuard device; Linux 5.6. Its peers: src/kernel/tunnels. */
export const wireguardKind: ObjectKind<WireguardObject> = {
  name: ({ name }) => `WireGuard device ${name}`,
  make: (session, devices) => devices.map((device) => makeOne(session, device)),
  check(seen, device) {
    const link = seen.link(device.netns, device.name);
    if (!link) return missing("no such link");
    if (link.kind !== "wireguard") return compare({ kind: [link.kind, "wireguard"] });
    const { publicKey, listenPort } = seen.wireguard(device.netns, device.name);
    return compare({
      "public key": [publicKey, device.publicKey],
      "listening port": [listenPort, device.listenPort],
      mtu: [link.mtu, device.mtu],
      state: [link.up ? "up" : "down", "up"],
      alias: [link.alias, markOf(device)],
    });
  },
  mend(session, device, seen) {
    // Somebody's link of another kind is not ours to remove: making ours says EEXIST and names it.
    if (seen.link(device.netns, device.name)?.kind !== "wireguard") session.socket(device.netns).run([create(device)]);
    settle(session, device);
  },
  remove: (session, { netns, name }) => removeLink(session.socket(netns), name),
};
