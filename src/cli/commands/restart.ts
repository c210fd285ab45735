import { many } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { integer, text } from "../command/options.ts";
import { forEachName } from "../output/each.ts";

export const restart = command({
  name: "restart",
  summary: "Restart containers",
  args: { container: many("name or id", "running") },
  options: {
    signal: text({ short: "s", about: "signal to send" }),
    timeout: integer({ short: "t", also: ["time"], about: "seconds before it is killed; -1 waits for ever" }),
  },
  examples: ["restart web db", "restart -t 2 web"],
  async run({ args, options, client, out }) {
    const query = { t: options.timeout, signal: options.signal || undefined };
    await forEachName(out, args.container, async (container) => {
      await client.containers.restart(container, query);
      return container;
    });
  },
});
