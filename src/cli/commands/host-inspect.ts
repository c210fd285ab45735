import { many } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { printInspected } from "../output/inspect.ts";
import { formatOption } from "../output/options.ts";

export const hostInspect = command({
  name: "host inspect",
  summary: "Show all there is to know of hosts of the cluster",
  args: { host: many("name or id", "hosts") },
  options: { format: formatOption },
  notes: "lag: by how many revisions of the store a host is behind, as of what it last told: 15 s ago at most.",
  examples: ["host inspect host1", "host inspect -f '{{.name}} {{.state}} {{.epoch}}' host1 host2"],
  async run({ args, options, client, out }) {
    await printInspected(out, args.host, options.format, (name) => client.cluster.inspectHost(name));
  },
});
