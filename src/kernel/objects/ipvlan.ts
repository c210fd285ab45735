import type { IpvlanObject } from "../../contracts/kernel.ts";
import { ipvlanData } from "../netlink/link.ts";
import type { ObjectKind } from "./kind.ts";
import { parentedKind } from "./on-parent.ts";

/** IPVLAN_MODE_* and IPVLAN_F_*, include/uapi/linux/if_link.h at v6.12. Both are the parent's: its links share them. */
const modes = ["l2", "l3", "l3s"] as const;
const flags = ["bridge", "private", "vepa"] as const;

/** A link that has its parent's MAC and is told apart by its addresses. */
export const ipvlanKind: ObjectKind<IpvlanObject> = parentedKind({
  kind: "ipvlan",
  data: ({ mode, flag }) => ipvlanData.encode({ mode: modes.indexOf(mode), flags: flags.indexOf(flag) }),
  settings: ({ mtu }) => ({ mtu }),
  compare(link, { mtu, mode, flag }) {
    const found = ipvlanData.decode(link.data ?? new Uint8Array());
    return { mtu: [link.mtu, mtu], mode: [modes[found.mode ?? -1], mode], flag: [flags[found.flags ?? -1], flag] };
  },
});
