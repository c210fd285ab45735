import { command } from "../../src/cli/command/command.ts";
import { flag, text } from "../../src/cli/command/options.ts";
import { printList } from "../../src/cli/output/list.ts";
import { ClusterLab } from "../cluster/cluster-lab.ts";
import type { Place } from "../cluster/place.ts";
import { places } from "../cluster/place.ts";
import { describe, type MachineRow, machineListing, machinesOf } from "./machines.ts";
import { labNames, placeOf, rootIn } from "./which.ts";

export const ls = command({
  name: "lab ls",
  summary: "List the machines of all labs, and what is cut between them",
  options: {
    name: text({ placeholder: "name", short: "n", about: "only of this lab", completes: labNames }),
    format: text({ about: '"json" or a template' }),
    quiet: flag({ short: "q", about: "only names" }),
  },
  examples: ["lab ls", "lab ls --name two", "lab ls --format '{{.Name}} {{.Underlay}}'"],
  async run({ options, out }) {
    const wanted = options.name === "" ? places(rootIn(out.env)) : [placeOf(options.name, out)];
    const seen = await Promise.all(wanted.map((place) => look(place, options.name !== "")));
    const rows = seen.flatMap(({ machines }) => machines);
    await printList(out, machineListing, rows, { format: options.format, quiet: options.quiet, noTrunc: false });
    const faults = seen.flatMap(({ faults }) => faults);
    if (faults.length > 0 && options.format === "" && !options.quiet) out.line(`\nCut:\n${faults.join("\n")}`);
  },
});

interface Seen {
  readonly machines: readonly MachineRow[];
  readonly faults: readonly string[];
}

/** One that has ended is a row too, unless it was asked for by name: then that is an error. */
async function look(place: Place, named: boolean): Promise<Seen> {
  if (!named && !(await place.isHeld())) return { machines: [remains(place)], faults: [] };
  const lab = await ClusterLab.open(place);
  const prefix = named || place.flag === "" ? "" : `${place.name}: `;
  return { machines: machinesOf(lab), faults: (await lab.faults()).map((fault) => prefix + describe(fault)) };
}

const remains = ({ name: lab, flag }: Place): MachineRow => {
  const runs = `nothing; remove it with "fairlead lab down${flag}"`;
  return { lab, name: "", underlay: "", storeNetwork: "", runs, enter: "" };
};
