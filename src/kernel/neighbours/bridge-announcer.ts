import * as libc from "../ffi/libc.ts";
import { sockaddrPacket } from "../ffi/sockaddr.ts";
import { familyOf } from "../netlink/ip-address.ts";
import { neighbourMessage, RTM_DELNEIGH } from "../netlink/neighbour.ts";
import { type NetlinkSocket, request } from "../netlink/socket.ts";
import { advertisementPacket, arpAnnouncement } from "./announce.ts";

const ETH_P_ARP = 0x0806;
const ETH_P_IPV6 = 0x86dd;
const everybody = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
/** Of ff02::1 (RFC 2464 section 7). */
const allNodes = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);

/**
 * Announces addresses on bridges of this host, from the bridge's side: one socket stays open for all of them, since the
 * kernel takes 10 ms to close one, which each new container would wait for if its own side spoke.
 */
export class BridgeAnnouncer implements Disposable {
  readonly #host: NetlinkSocket;
  readonly #fd: number | undefined;

  /** `fd`: a packet socket of the host that receives nothing; undefined where there is none: then only the host forgets. */
  constructor(host: NetlinkSocket, fd: number | undefined) {
    this.#host = host;
    this.#fd = fd;
  }

  announce(bridge: number, mac: string, address: string): void {
    const ipv4 = familyOf(address) === libc.AF_INET;
    this.#forget(bridge, address);
    const to = ipv4 ? { protocol: ETH_P_ARP, mac: everybody } : { protocol: ETH_P_IPV6, mac: allNodes };
    const bytes = ipv4 ? arpAnnouncement(mac, address) : advertisementPacket(mac, address);
    if (this.#fd !== undefined) libc.send(this.#fd, bytes, sockaddrPacket({ ...to, ifIndex: bridge }));
  }

  /** What a bridge sends out of its ports does not come to the host itself. */
  #forget(bridge: number, address: string): void {
    const one = { header: { family: familyOf(address), ifIndex: bridge }, attributes: { destination: address } };
    const [verdict] = this.#host.try([request(`forget ${address}`, RTM_DELNEIGH, neighbourMessage, one)]);
    if (verdict && verdict.errno !== "ENOENT") throw verdict;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) libc.close(this.#fd);
  }
}
