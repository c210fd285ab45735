import { many } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { forEachName } from "../output/each.ts";

export const pause = command({
  name: "pause",
  summary: "Freeze the processes of containers",
  args: { container: many("name or id", "running") },
  examples: ["pause web"],
  async run({ args, client, out }) {
    await forEachName(out, args.container, async (container) => {
      await client.containers.pause(container);
      return container;
    });
  },
});
