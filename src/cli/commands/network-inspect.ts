import { many } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { flag } from "../command/options.ts";
import { printInspected } from "../output/inspect.ts";
import { formatOption } from "../output/options.ts";

export const networkInspect = command({
  name: "network inspect",
  summary: "Show all there is to know of networks",
  args: { network: many("name or id", "networks") },
  options: { format: formatOption, verbose: flag({ short: "v", about: "more, where a driver has more" }) },
  examples: ["network inspect bridge", "network inspect -f '{{range .IPAM.Config}}{{println .Subnet}}{{end}}' web"],
  async run({ args, options, client, out }) {
    const { verbose } = options;
    await printInspected(out, args.network, options.format, (name) => client.networks.inspect(name, { verbose }));
  },
});
