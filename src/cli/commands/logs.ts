import { one } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { flag, text } from "../command/options.ts";
import { parseTime } from "../output/duration.ts";
import { copyOutput } from "../run/follow.ts";

export const logs = command({
  name: "logs",
  summary: "Show what a container has written",
  args: { container: one("name or id", "containers") },
  options: {
    details: flag({ hidden: true, about: "accepted for docker's sake" }),
    follow: flag({ short: "f", about: "go on with what it writes" }),
    since: text({ about: "from this time on: RFC 3339, or a duration ago such as 42m" }),
    tail: text({ short: "n", default: "all", about: "so many lines from the end (default all)" }),
    timestamps: flag({ short: "t", about: "begin every line with its time" }),
    until: text({ about: "up to this time" }),
  },
  examples: ["logs web", "logs -f --tail 20 web", "logs --since 10m -t web"],
  async run({ args, options, client, out }) {
    const now = Date.now();
    const output = await client.containers.logs(args.container, {
      stdout: true,
      stderr: true,
      follow: options.follow,
      timestamps: options.timestamps,
      tail: options.tail,
      since: parseTime(options.since, now) || undefined,
      until: parseTime(options.until, now) || undefined,
    });
    await copyOutput(output, out);
  },
});
