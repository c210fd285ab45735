import { ApiError } from "../../client/errors.ts";
import { many } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { flag } from "../command/options.ts";
import { forEachName } from "../output/each.ts";

export const networkRm = command({
  name: "network rm",
  summary: "Remove networks",
  args: { network: many("name or id", "networks") },
  options: { force: flag({ short: "f", about: "no error for what does not exist" }) },
  examples: ["network rm web back"],
  async run({ args, options, client, out }) {
    await forEachName(out, args.network, async (name) => {
      try {
        await client.networks.remove(name);
        return name;
      } catch (error) {
        if (options.force && error instanceof ApiError && error.status === 404) return undefined;
        throw error;
      }
    });
  },
});
