import type { MacvlanObject } from "../../contracts/kernel.ts";
import { macvlanData } from "../netlink/link.ts";
import type { ObjectKind } from "./kind.ts";
import { parentedKind } from "./on-parent.ts";

/** MACVLAN_MODE_*, include/uapi/linux/if_link.h at v6.12. */
const modes = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;

/** A link with a MAC of its own on its parent. In mode passthru the two share one, and changing it would change both. */
export const macvlanKind: ObjectKind<MacvlanObject> = parentedKind({
  kind: "macvlan",
  data: ({ mode }) => macvlanData.encode({ mode: modes[mode] }),
  settings: ({ mac, mtu }) => ({ mtu, ...(mac ? { address: mac } : {}) }),
  compare: (link, { mac, mtu, mode }) => ({
    mac: [mac ? link.mac : "", mac],
    mtu: [link.mtu, mtu],
    mode: [modeOf(link.data), mode],
  }),
});

function modeOf(data: Uint8Array | undefined): string {
  const { mode } = macvlanData.decode(data ?? new Uint8Array());
  return Object.entries(modes).find(([, number]) => number === mode)?.[0] ?? String(mode);
}
