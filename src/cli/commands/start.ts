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
  options: {
    attach: flag({ short: "a", about: "show its output and end with its exit code" }),
    interactive: flag({ short: "i", about: "pass your input on, with -a" }),
  },
  examples: ["start web db", "start -a job", "start -ai shell"],
  async run({ args, options, client, out }) {
    const [name = "", ...others] = args.container;
    if (options.attach) {
      if (others.length > 0) throw new ExitError(1, "you cannot start and attach multiple containers at once");
      const { Config: config, HostConfig: host } = await client.containers.inspect(name);
      const input = options.interactive && config.OpenStdin;
      out.exitCode = await follow({ client, out, id: name, removed: host.AutoRemove, input, tty: config.Tty });
      return;
    }
    await forEachName(out, args.container, async (container) => {
      await client.containers.start(container);
      return container;
    });
  },
});
