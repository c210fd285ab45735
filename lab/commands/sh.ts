import { existsSync, writeFileSync } from "node:fs";
import { any, one } from "../../src/cli/command/arguments.ts";
import { command } from "../../src/cli/command/command.ts";
import type { Member } from "../cluster/member.ts";
import { enter } from "./enter.ts";
import { machineNames, name, openLab } from "./which.ts";

export const sh = command({
  name: "lab sh",
  summary: "Open a shell in a machine of a lab, or run a command there",
  args: { machine: one("host1, host2 ..., store, outside", machineNames), command: any("command and its arguments") },
  usage: "MACHINE [COMMAND] [ARG...]",
  options: { name },
  takesCommand: true,
  examples: [
    "lab sh host2",
    "lab sh host1 fairlead network ls",
    "lab sh host1 docker ps",
    "lab sh outside ping -c1 10.99.0.1",
  ],
  notes:
    "fairlead and docker talk to that host's daemon. Files are those of this machine; network and processes are the host's own.",
  async run({ args, options, out }) {
    const machine = (await openLab(options.name, out)).machine(args.machine);
    const words = args.command[0] === "--" ? args.command.slice(1) : args.command;
    if (words.length === 0 && out.stdin.isTTY) out.errorLine(hint(machine));
    out.exitCode = await enter(machine, words.length > 0 ? words : shellFor(machine, options.name), out);
  },
});

const hint = ({ name }: Member): string =>
  `This is ${name}: its own network and processes, this machine's files. fairlead, docker, ip and nft act on ${name} alone; exit leaves it.`;

/** bash with a prompt that says where it is; sh where there is no bash. */
function shellFor(machine: Member, lab: string): string[] {
  if (!existsSync("/bin/bash")) return ["env", `PS1=${lab}/${machine.name}# `, "sh"];
  const file = `${machine.folder}/bashrc`;
  // Behind the user's own file, which sets a prompt of its own.
  writeFileSync(machine.pathOf(file), `[ ! -f ~/.bashrc ] || . ~/.bashrc\nPS1='${lab}/${machine.name}:\\w\\$ '\n`);
  return ["/bin/bash", "--rcfile", file];
}
