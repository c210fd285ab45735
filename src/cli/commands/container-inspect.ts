import { many } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { flag } from "../command/options.ts";
import { printInspected } from "../output/inspect.ts";
import { formatOption } from "../output/options.ts";

export const containerInspect = command({
  name: "container inspect",
  summary: "Show all there is to know of containers",
  args: { container: many("name or id", "containers") },
  options: { format: formatOption, size: flag({ short: "s", about: "with sizes" }) },
  examples: ["container inspect web"],
  async run({ args, options, client, out }) {
    const { size } = options;
    await printInspected(out, args.container, options.format, (name) => client.containers.inspect(name, { size }));
  },
});
