import type { Plan } from "../../contracts/driver.ts";
import type { FirewallElement } from "../../contracts/firewall.ts";
import type { KernelObject } from "../../contracts/kernel.ts";

/** What to make and what to remove to get from one plan to another. */
export interface Transition {
  readonly make: readonly KernelObject[];
  readonly remove: readonly KernelObject[];
  readonly add: readonly FirewallElement[];
  readonly drop: readonly FirewallElement[];
}

/**
 * The difference of two plans. A route that only changes its gateway is made anew (the kernel replaces it), and so never
 * removed; elements are dropped and added in one transaction: traffic finds one or the other.
 */
export function transition(before: Plan, after: Plan): Transition {
  const made = difference(after.objects, before.objects, exactly);
  const added = difference(after.elements, before.elements, exactly);
  return {
    make: made,
    remove: difference(before.objects, after.objects, place),
    add: added,
    drop: difference(before.elements, after.elements, exactly),
  };
}

function difference<T>(of: readonly T[], without: readonly T[], keyOf: (item: T) => string): T[] {
  const gone = new Set(without.map(keyOf));
  return of.filter((item) => !gone.has(keyOf(item)));
}

const exactly = (item: unknown) => JSON.stringify(item);

/** Where an object sits: two objects in one place cannot exist side by side. */
export function place(object: KernelObject): string {
  switch (object.kind) {
    case "bridge":
    case "veth":
    case "vxlan":
    case "wireguard":
    case "macvlan":
    case "ipvlan":
    case "vlan":
    case "moved-link":
      return `link ${object.netns} ${object.name}`;
    case "address":
      return `address ${object.netns} ${object.link} ${object.address}`;
    case "bridge-fdb":
      return `forwarding entry ${object.netns} ${object.link} ${object.mac}`;
    case "blackhole":
      return `blackhole ${object.netns} ${object.destination}`;
    case "route":
      return `route ${object.netns} ${object.table ?? "main"} ${object.destination}`;
    case "rule":
      return `rule ${object.netns} ${object.source} ${object.table}`;
    case "neighbour":
      return `neighbour ${object.netns} ${object.link} ${object.address}`;
    case "sysctl":
      return `sysctl ${object.netns} ${object.key}`;
  }
}
