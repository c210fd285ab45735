import type { Sandboxes } from "../../contracts/kernel.ts";
import type { ResolverSockets } from "../../contracts/packets.ts";
import * as libc from "../ffi/libc.ts";
import { portOf, sockaddrIn } from "../ffi/sockaddr.ts";

const ADDRESS = "127.0.0.11";

/** Opens the sockets of a sandbox's resolver inside it: 127.0.0.11, ports that the kernel chooses. The caller closes them. */
export function openResolverSockets(sandboxes: Pick<Sandboxes, "runIn">, sandboxId: string): ResolverSockets {
  return sandboxes.runIn<ResolverSockets>(sandboxId, () => {
    const udp = openBound(libc.SOCK_DGRAM, libc.IPPROTO_UDP);
    try {
      const tcp = openBound(libc.SOCK_STREAM, libc.IPPROTO_TCP);
      return { udpFd: udp.fd, udpPort: udp.port, tcpFd: tcp.fd, tcpPort: tcp.port };
    } catch (error) {
      libc.close(udp.fd);
      throw error;
    }
  });
}

function openBound(type: number, protocol: number): { fd: number; port: number } {
  const fd = libc.socket(libc.AF_INET, type, protocol);
  try {
    libc.bind(fd, sockaddrIn(ADDRESS, 0), `${ADDRESS}, any port`);
    if (type === libc.SOCK_STREAM) libc.listen(fd, 128);
    return { fd, port: portOf(libc.socketName(fd)) };
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

export function closeResolverSockets(sockets: ResolverSockets): void {
  libc.close(sockets.udpFd);
  libc.close(sockets.tcpFd);
}
