import { attr, cString, message, struct, u8, u16 } from "./codec.ts";
import { type NetlinkSocket, request } from "./socket.ts";

/** `struct genlmsghdr`, include/uapi/linux/genetlink.h: first in every message of generic netlink. */
export const genericHeader = struct({ command: u8, version: u8, reserved: u16 });

const GENL_ID_CTRL = 16;
const CTRL_CMD_GETFAMILY = 3;

/** CTRL_CMD_*FAMILY, include/uapi/linux/genetlink.h at v6.12. */
export const familyMessage = message({
  name: "generic family",
  header: genericHeader,
  attributes: { id: attr(1, u16), name: attr(2, cString) },
});

/** The message type of a family, which differs from boot to boot. Loads its module; throws ENOENT where there is none. */
export function familyId(socket: NetlinkSocket, name: string): number {
  const ask = { header: { command: CTRL_CMD_GETFAMILY, version: 1 }, attributes: { name } };
  const answer = socket.get(familyMessage, request(`find netlink family "${name}"`, GENL_ID_CTRL, familyMessage, ask));
  return answer.attributes.id ?? 0;
}
