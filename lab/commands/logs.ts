import { one } from "../../src/cli/command/arguments.ts";
import { command } from "../../src/cli/command/command.ts";
import { flag } from "../../src/cli/command/options.ts";
import { enter } from "./enter.ts";
import { programOf } from "./programs.ts";
import { name, openLab, programNames } from "./which.ts";

export const logs = command({
  name: "lab logs",
  summary: "Print the log of a host's daemon, or of a member of the store",
  args: { machine: one("host1, host2 ..., store", programNames) },
  options: { name, follow: flag({ short: "f", about: "go on printing" }) },
  examples: ["lab logs host1", "lab logs -f host2"],
  async run({ args, options, out }) {
    const lab = await openLab(options.name, out);
    const { service } = programOf(lab, args.machine);
    const tail = ["tail", "-n", "+1", ...(options.follow ? ["-F"] : []), service.logFile];
    out.exitCode = await enter(lab.machine(args.machine), tail, out);
  },
});
