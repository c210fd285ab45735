import type { Listing } from "../../src/cli/output/list.ts";
import type { ClusterLab } from "../cluster/cluster-lab.ts";
import type { Fault } from "../cluster/switches.ts";

export interface MachineRow {
  readonly lab: string;
  readonly name: string;
  readonly underlay: string;
  readonly storeNetwork: string;
  readonly runs: string;
  readonly enter: string;
}

/** How machines are listed. */
export const machineListing: Listing<MachineRow> = {
  columns: {
    Lab: { header: "LAB", value: ({ lab }) => lab },
    Name: { header: "MACHINE", value: ({ name }) => name },
    Underlay: { header: "UNDERLAY", value: ({ underlay }) => underlay },
    StoreNetwork: { header: "STORE NETWORK", value: ({ storeNetwork }) => storeNetwork },
    Runs: { header: "RUNS", value: ({ runs }) => runs },
    Enter: { header: "ENTER WITH", value: ({ enter }) => enter },
  },
  table: ["Lab", "Name", "Underlay", "StoreNetwork", "Runs", "Enter"],
  id: "Name",
};

/** The machines of a lab as they are now. */
export function machinesOf(lab: ClusterLab): MachineRow[] {
  const { name: labName, flag } = lab.place;
  const row = (name: string, underlay: string, storeNetwork: string, runs: string): MachineRow => {
    return { lab: labName, name, underlay, storeNetwork, runs, enter: `fairlead lab sh${flag} ${name}` };
  };
  const members = lab.plan.members > 0 ? lab.store.members : [];
  const { outside } = lab;
  return [
    ...lab.hosts.map((host) =>
      row(host.name, `${host.ipv4} ${host.ipv6}`, host.storeIpv4, `daemon ${host.daemon.state}`),
    ),
    ...members.map(({ name, address, server }) => row(name, "", address, `${lab.plan.store} ${server.state}`)),
    row(outside.name, `${outside.ipv4} ${outside.ipv6}`, "", ""),
  ];
}

/** "host1 -> host2: 30 % of the frames are lost". */
export function describe(fault: Fault): string {
  if ("unplugged" in fault) return `${fault.unplugged}: unplugged from ${fault.wire}`;
  const lost = fault.loss === 100 ? "every frame is lost" : `${fault.loss} % of the frames are lost`;
  return `${fault.from} -> ${fault.to}: ${lost}`;
}
