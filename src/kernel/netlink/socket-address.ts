import { type Codec, concat, struct, u16, u16be, u32, u32be } from "./codec.ts";
import { decodeAddress, encodeAddress, familyOf } from "./ip-address.ts";

const AF_INET = 2;
const AF_INET6 = 10;

/** Where a socket is: an address and a port. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

const start = struct({ family: u16, port: u16be });
const flowInfo = u32be;
const scopeId = u32;

/** `struct sockaddr_in` or `struct sockaddr_in6` (include/uapi/linux/in.h, in6.h) as an attribute; no scope. */
export const socketAddress: Codec<SocketAddress> = {
  encode({ address, port }) {
    const family = familyOf(address);
    const bytes = encodeAddress(address);
    if (family === AF_INET) return concat([start.encode({ family, port }), bytes, new Uint8Array(8)]);
    return concat([start.encode({ family, port }), flowInfo.encode(0), bytes, scopeId.encode(0)]);
  },
  decode(bytes) {
    const { family, port = 0 } = start.decode(bytes);
    const at = family === AF_INET6 ? start.size + flowInfo.size : start.size;
    return { address: decodeAddress(bytes.subarray(at, at + (family === AF_INET6 ? 16 : 4))), port };
  },
};
