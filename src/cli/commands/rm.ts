import { ApiError } from "../../client/errors.ts";
import { many } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { flag } from "../command/options.ts";
import { forEachName } from "../output/each.ts";

export const rm = command({
  name: "rm",
  summary: "Remove containers",
  args: { container: many("name or id", "containers") },
  options: {
    force: flag({ short: "f", about: "kill it first if it runs; no error for what does not exist" }),
    volumes: flag({ short: "v", about: "accepted for docker's sake: anonymous volumes always go" }),
  },
  examples: ["rm web", "rm -f web db"],
  async run({ args, options, client, out }) {
    await forEachName(out, args.container, async (name) => {
      try {
        await client.containers.remove(name, { force: options.force, v: options.volumes });
        return name;
      } catch (error) {
        if (options.force && error instanceof ApiError && error.status === 404) return undefined;
        throw error;
      }
    });
  },
});
