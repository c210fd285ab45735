import { one } from "../../src/cli/command/arguments.ts";
import { command } from "../../src/cli/command/command.ts";
import { programsOf } from "./programs.ts";
import { name, openLab, programNames } from "./which.ts";

export const cont = command({
  name: "lab cont",
  summary: "Let a stopped process go on (SIGCONT)",
  args: { machine: one("host1, host2 ..., or store", programNames) },
  options: { name },
  examples: ["lab cont host2", "lab cont store"],
  async run({ args, options, out }) {
    const programs = programsOf(await openLab(options.name, out), args.machine);
    for (const { service, title } of programs) {
      await service.signal("SIGCONT");
      out.line(`Continued the ${title}`);
    }
  },
});
