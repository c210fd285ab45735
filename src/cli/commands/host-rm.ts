import { many } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { forEachName } from "../output/each.ts";

export const hostRm = command({
  name: "host rm",
  summary: "Take hosts that are gone for good out of the cluster",
  args: { host: many("name or id", "hosts") },
  notes: "Their addresses are free at once. A host that is live is refused: it would join again.",
  examples: ["host rm host3"],
  async run({ args, client, out }) {
    await forEachName(out, args.host, async (name) => {
      await client.cluster.removeHost(name);
      return name;
    });
  },
});
