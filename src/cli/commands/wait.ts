import { many } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { forEachName } from "../output/each.ts";

export const wait = command({
  name: "wait",
  summary: "Wait until containers stop, and print their exit codes",
  args: { container: many("name or id", "running") },
  examples: ["wait job"],
  async run({ args, client, out }) {
    await forEachName(out, args.container, async (container) => {
      const { exit } = await client.containers.wait(container);
      return String(await exit);
    });
  },
});
