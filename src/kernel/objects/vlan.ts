import type { VlanObject } from "../../contracts/kernel.ts";
import { vlanData } from "../netlink/link.ts";
import type { ObjectKind } from "./kind.ts";
import { parentedKind } from "./on-parent.ts";

/** An 802.1q sub-interface. Its MTU and MAC are those of its parent, and follow it. */
export const vlanKind: ObjectKind<VlanObject> = parentedKind({
  kind: "vlan",
  data: ({ id }) => vlanData.encode({ id }),
  settings: () => ({}),
  compare: (link, { id }) => ({ "VLAN id": [vlanData.decode(link.data ?? new Uint8Array()).id, id] }),
});
