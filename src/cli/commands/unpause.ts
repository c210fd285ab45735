import { many } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { forEachName } from "../output/each.ts";

export const unpause = command({
  name: "unpause",
  summary: "Thaw the processes of paused containers",
  args: { container: many("name or id", "running") },
  examples: ["unpause web"],
  async run({ args, client, out }) {
    await forEachName(out, args.container, async (container) => {
      await client.containers.unpause(container);
      return container;
    });
  },
});
