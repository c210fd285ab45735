import { many } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { flag } from "../command/options.ts";
import { ExitError } from "../errors.ts";
import { forEachName } from "../output/each.ts";
import { follow } from "../run/follow.ts";

export const start = command({
  name: "start",
  summary: "Start containers",
  args: { container: many("name or id", "containers") },
  options: { attach: flag({ short: "a", about: "show its output and end with its exit code" }) },
  examples: ["start web db", "start -a job"],
  async run({ args, options, client, out }) {
    const [name = "", ...others] = args.container;
    if (options.attach) {
      if (others.length > 0) throw new ExitError(1, "you cannot start and attach multiple containers at once");
      out.exitCode = await follow({ client, out, id: name, removed: false });
      return;
    }
    await forEachName(out, args.container, async (container) => {
      await client.containers.start(container);
      return container;
    });
  },
});
