import { optional } from "../../src/cli/command/arguments.ts";
import { command } from "../../src/cli/command/command.ts";
import { UsageError } from "../../src/cli/errors.ts";
import { wires } from "../cluster/switches.ts";
import { machineNames, name, openLab } from "./which.ts";

export const mend = command({
  name: "lab mend",
  summary: "Take back what was cut between two machines, or all there is",
  args: {
    machine: optional("a machine", machineNames),
    other: optional("another one, or a wire", () => [...machineNames(), ...Object.keys(wires)]),
  },
  options: { name },
  examples: ["lab mend host1 host2", "lab mend host1 underlay", "lab mend"],
  async run({ args, options, out }) {
    if (args.machine !== undefined && args.other === undefined)
      throw new UsageError(1, `Cannot mend ${args.machine} alone: give two machines, or none for all that is cut`);
    await (await openLab(options.name, out)).mend(args.machine, args.other);
  },
});
