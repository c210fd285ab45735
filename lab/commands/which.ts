import { text } from "../../src/cli/command/options.ts";
import type { Terminal } from "../../src/cli/output/terminal.ts";
import { ClusterLab } from "../cluster/cluster-lab.ts";
import { defaultName, defaultRoot, Place, places } from "../cluster/place.ts";

type Environment = Terminal["env"];

/** Where labs are kept. */
export const rootIn = (env: Environment): string => env["FAIRLEAD_LAB_ROOT"] || defaultRoot;

export const labNames = (): string[] => places(rootIn(process.env)).map(({ name }) => name);

/** --name */
export const name = text({
  placeholder: "name",
  short: "n",
  default: defaultName,
  about: `which lab, "${defaultName}" by default; several go side by side`,
  completes: labNames,
});

export const placeOf = (name: string, { env }: Pick<Terminal, "env">): Place => new Place(name, rootIn(env));

export const openLab = (name: string, out: Pick<Terminal, "env">): Promise<ClusterLab> =>
  ClusterLab.open(placeOf(name, out));

/** Machines of all labs, for shells to complete. */
export const machineNames = (): string[] => [
  ...new Set(places(rootIn(process.env)).flatMap((place) => Object.keys(place.read()?.machines ?? {}))),
];

/** What runs something that can be stopped: hosts and members of the store, and "store" for all of these. */
export const programNames = (): string[] => machineNames().filter((machine) => machine !== "outside");
