import { one } from "../command/arguments.ts";
import { command } from "../command/command.ts";

export const rename = command({
  name: "rename",
  summary: "Rename a container",
  args: { container: one("name or id", "containers"), newName: one("name it gets") },
  examples: ["rename web old-web"],
  async run({ args, client }) {
    await client.containers.rename(args.container, args.newName);
  },
});
