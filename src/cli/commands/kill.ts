import { many } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { text } from "../command/options.ts";
import { forEachName } from "../output/each.ts";

export const kill = command({
  name: "kill",
  summary: "Send a signal to containers",
  args: { container: many("name or id", "running") },
  options: { signal: text({ short: "s", about: "signal to send (default KILL)" }) },
  examples: ["kill web", "kill -s HUP web"],
  async run({ args, options, client, out }) {
    await forEachName(out, args.container, async (container) => {
      await client.containers.kill(container, options.signal || undefined);
      return container;
    });
  },
});
