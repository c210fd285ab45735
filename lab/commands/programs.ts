import type { ClusterLab } from "../cluster/cluster-lab.ts";
import type { Service } from "../cluster/service.ts";

/** What a machine of a lab runs: a daemon, or a server of the store. */
export interface Program {
  readonly service: Service;
  /** "daemon of host1" */
  readonly title: string;
}

/** The programs that a name stands for; "store" is all of its members. */
export function programsOf(lab: ClusterLab, name: string): Program[] {
  if (name === "store") return lab.store.members.map((member) => programOf(lab, member.name));
  return [programOf(lab, name)];
}

export function programOf(lab: ClusterLab, name: string): Program {
  const { name: machine } = lab.machine(name); // throws for an unknown one
  const host = lab.hosts.find((each) => each.name === machine);
  if (host) return { service: host.daemon, title: `daemon of ${machine}` };
  const member = lab.plan.members > 0 ? lab.store.members.find((each) => each.name === machine) : undefined;
  if (member) return { service: member.server, title: `${lab.plan.store} of ${machine}` };
  throw new Error(`${machine} runs neither a daemon nor a store`);
}
