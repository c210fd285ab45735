import { any } from "../../src/cli/command/arguments.ts";
import { command } from "../../src/cli/command/command.ts";
import { flag, integer, text } from "../../src/cli/command/options.ts";
import { ExitError } from "../../src/cli/errors.ts";
import { printList } from "../../src/cli/output/list.ts";
import { ClusterLab, type LabOptions } from "../cluster/cluster-lab.ts";
import { storeKinds } from "../cluster/store-kinds.ts";
import { machineListing, machinesOf } from "./machines.ts";
import { name, placeOf } from "./which.ts";

/** Ended by a signal, as shells count. */
const interrupted = 130;

export const up = command({
  name: "lab up",
  summary: "Make hosts with daemons of their own, a store, and switches between them",
  args: { flags: any("flags for every daemon, behind --") },
  usage: "[-- FLAG...]",
  options: {
    name,
    hosts: integer({ about: "how many, 3 by default" }),
    store: text({
      placeholder: "kind",
      default: "etcd",
      about: "etcd (default), consul or none",
      completes: [...Object.keys(storeKinds), "none"],
    }),
    storeMembers: integer({ about: "servers of the store: 1 (default), 3 or 5" }),
    noCluster: flag({ about: "daemons that know nothing of each other and the store" }),
    noDaemons: flag({ about: "leave the daemons to be started by lab start" }),
    verbose: flag({ short: "v", about: "say each thing that is done" }),
  },
  takesCommand: true,
  examples: [
    "lab up",
    "lab up --hosts 5 --store-members 3",
    "lab up --name two --hosts 2 --no-cluster -- --log-level debug",
  ],
  notes:
    "All of it is in namespaces of its own, with addresses of its own: nothing is changed on this machine.\nIt goes on until lab down.",
  async run({ args, options, out }) {
    const began = performance.now();
    const place = placeOf(options.name, out);
    const interruption = new AbortController();
    using _signals = out.onSignals(["SIGINT", "SIGTERM", "SIGHUP"], (signal) =>
      interruption.abort(new ExitError(interrupted, `fairlead: ${signal}: lab "${place.name}" is removed again`)),
    );
    const lab = await ClusterLab.create({
      ...labOptions(args.flags, options),
      place,
      signal: interruption.signal,
      onStep,
    });
    await lab.stay();
    await printList(out, machineListing, machinesOf(lab), { format: "", quiet: false, noTrunc: false });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    out.line(`\nMade in ${seconds} s. "fairlead lab down${place.flag}" ends it.`);
    if (!lab.plan.cluster && !options.noCluster && options.store !== "none")
      out.errorLine("The daemons do not share the store: this version's daemon has no --cluster");

    function onStep(step: string): void {
      if (options.verbose) out.errorLine(`${((performance.now() - began) / 1000).toFixed(2)} s: ${step}`);
    }
  },
});

interface Given {
  readonly hosts: number | undefined;
  readonly store: string;
  readonly storeMembers: number | undefined;
  readonly noCluster: boolean;
  readonly noDaemons: boolean;
}

const labOptions = (daemonFlags: readonly string[], given: Given): LabOptions => ({
  daemonFlags,
  store: given.store,
  daemons: !given.noDaemons,
  ...(given.hosts === undefined ? {} : { hosts: given.hosts }),
  ...(given.storeMembers === undefined ? {} : { storeMembers: given.storeMembers }),
  ...(given.noCluster ? { cluster: false } : {}),
});
