import { any, one } from "../../src/cli/command/arguments.ts";
import { command } from "../../src/cli/command/command.ts";
import { text } from "../../src/cli/command/options.ts";
import type { ClusterLab } from "../cluster/cluster-lab.ts";
import { programsOf } from "./programs.ts";
import { name, openLab, programNames } from "./which.ts";

export const start = command({
  name: "lab start",
  summary: "Start a host's daemon, or the store, again, and wait until it is ready",
  args: { machine: one("host1, host2 ..., or store", programNames), flags: any("more flags for the daemon") },
  usage: "MACHINE [FLAG...]",
  options: {
    name,
    clock: text({ placeholder: "offset", about: "how wrong the daemon's wall clock is, as in +1h or -90s" }),
  },
  takesCommand: true,
  examples: ["lab start host2", "lab start host2 --log-level debug", "lab start --clock +1h host2", "lab start store"],
  async run({ args, options, out }) {
    const lab = await openLab(options.name, out);
    const programs = programsOf(lab, args.machine);
    const host = lab.hosts.find((each) => each.name === args.machine);
    if (host) await host.startDaemon(args.flags, options.clock === "" ? {} : { clock: options.clock });
    else await startServers(lab, args.machine);
    for (const { title } of programs) out.line(`Started the ${title}`);
  },
});

/** All at once: a store of several serves when most of them do. */
const startServers = async (lab: ClusterLab, name: string): Promise<void> => {
  if (name === "store") await lab.store.start();
  else await lab.store.members.find((member) => member.name === name)?.serve();
};
