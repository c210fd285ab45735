import { one } from "../../src/cli/command/arguments.ts";
import { command } from "../../src/cli/command/command.ts";
import { programsOf } from "./programs.ts";
import { name, openLab, programNames } from "./which.ts";

export const stop = command({
  name: "lab stop",
  summary: "Stop the process of a host's daemon, or the store, as it is (SIGSTOP)",
  args: { machine: one("host1, host2 ..., or store", programNames) },
  options: { name },
  examples: ["lab stop host2", "lab stop store"],
  async run({ args, options, out }) {
    const programs = programsOf(await openLab(options.name, out), args.machine);
    for (const { service, title } of programs) {
      await service.signal("SIGSTOP");
      out.line(`Stopped the ${title}`);
    }
  },
});
