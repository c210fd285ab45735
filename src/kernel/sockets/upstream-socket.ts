import type { Sandboxes } from "../../contracts/kernel.ts";
import type { UpstreamTarget } from "../../contracts/packets.ts";
import { connect, SOCK_NONBLOCK } from "../ffi/connect.ts";
import * as libc from "../ffi/libc.ts";
import { sockaddrIn, sockaddrIn6 } from "../ffi/sockaddr.ts";
import { encodeAddress } from "../netlink/ip-address.ts";

/**
 * A new non-blocking socket, connected to a DNS server from the given namespace. Its port is chosen by the kernel, at
 * random for UDP; being connected, it takes packets of that server only. The caller closes it.
 */
export function openUpstreamSocket(sandboxes: Pick<Sandboxes, "runIn">, target: UpstreamTarget): number {
  const { address, port, protocol } = target;
  const family = address.includes(":") ? libc.AF_INET6 : libc.AF_INET;
  const to = family === libc.AF_INET ? sockaddrIn(address, port) : sockaddrIn6(encodeAddress(address), port);
  const type = protocol === "udp" ? libc.SOCK_DGRAM : libc.SOCK_STREAM;
  return sandboxes.runIn<number>(target.netns, () => {
    const fd = libc.socket(family, type | SOCK_NONBLOCK, protocol === "udp" ? libc.IPPROTO_UDP : libc.IPPROTO_TCP);
    try {
      connect(fd, to, `${address} port ${port}/${protocol}`);
      return fd;
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  });
}
