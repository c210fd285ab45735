import { one } from "../../src/cli/command/arguments.ts";
import { command } from "../../src/cli/command/command.ts";
import { flag, integer } from "../../src/cli/command/options.ts";
import { wires } from "../cluster/switches.ts";
import { machineNames, name, openLab } from "./which.ts";

const others = (): string[] => [...machineNames(), ...Object.keys(wires)];

export const cut = command({
  name: "lab cut",
  summary: "Lose all frames, or some, between two machines; or pull a machine's cable",
  args: {
    machine: one("host1, host2 ..., store, outside", machineNames),
    other: one(`another machine, or ${Object.keys(wires).join(" or ")}`, others),
  },
  options: {
    name,
    oneWay: flag({ about: "only frames from the first to the second" }),
    loss: integer({ placeholder: "percent", about: "lose that many frames at random, not all" }),
  },
  examples: [
    "lab cut host1 host2",
    "lab cut host1 store",
    "lab cut --one-way host1 host2",
    "lab cut --loss 30 host1 host2",
    "lab cut host1 underlay",
  ],
  notes:
    "Frames are lost in silence, as behind a broken switch. A machine whose cable is pulled (underlay, storenet) sees its link go down.",
  async run({ args, options, out }) {
    const { oneWay, loss } = options;
    const lab = await openLab(options.name, out);
    await lab.cut(args.machine, args.other, loss === undefined ? { oneWay } : { oneWay, loss });
  },
});
