import type { KernelObject } from "../../contracts/kernel.ts";
import { addressKind } from "./address.ts";
import { blackholeKind } from "./blackhole.ts";
import { bridgeKind } from "./bridge.ts";

import { bridgeFdbKind } from "./bridge-fdb.ts";

import { ipvlanKind } from "./ipvlan.ts";

import type { ObjectKind } from "./kind.ts";
import { macvlanKind } from "./macvlan.ts";
import { movedLinkKind } from "./moved-link.ts";
import { neighbourKind } from "./neighbour.ts";
import { routeKind } from "./route.ts";
import { ruleKind } from "./rule.ts";
import { sysctlKind } from "./sysctl.ts";
import { vethKind } from "./veth.ts";
import { vlanKind } from "./vlan.ts";
import { vxlanKind } from "./vxlan.ts";
import { wireguardKind } from "./wireguard.ts";

const kinds: { readonly [K in KernelObject["kind"]]: ObjectKind<Extract<KernelObject, { kind: K }>> } = {
  bridge: bridgeKind,
  veth: vethKind,
  vxlan: vxlanKind,
  "bridge-fdb": bridgeFdbKind,
  wireguard: wireguardKind,
  address: addressKind,
  route: routeKind,
  blackhole: blackholeKind,
  macvlan: macvlanKind,
  ipvlan: ipvlanKind,
  vlan: vlanKind,
  "moved-link": movedLinkKind,
  rule: ruleKind,
  neighbour: neighbourKind,
  sysctl: sysctlKind,
};

/** The kind of an object; the table above makes sure that it takes that object. */
export const kindOf = (object: KernelObject): ObjectKind<KernelObject> =>
  kinds[object.kind] as unknown as ObjectKind<KernelObject>;

/** Cuts a list into runs of one kind in one namespace, which are made together. */
export function runsOf(objects: readonly KernelObject[]): KernelObject[][] {
  const runs: KernelObject[][] = [];
  for (const object of objects) {
    const current = runs.at(-1);
    const last = current?.[0];
    if (current && last?.kind === object.kind && last.netns === object.netns) current.push(object);
    else runs.push([object]);
  }
  return runs;
}
