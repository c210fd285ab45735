import { labVerbs } from "../../lab/verbs.ts";
import { VerbTable } from "../cli/verb-table.ts";
import { verbs } from "../cli/verbs.ts";

/** Every verb of the fairlead command but "daemon": those of the CLI, which asks a daemon, and those of the lab. */
export const allVerbs = new VerbTable([...verbs, ...labVerbs], {
  lab: "Hosts with daemons of their own, to try things on",
});
