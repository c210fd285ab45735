import { command } from "../command/command.ts";
import { filters, flag } from "../command/options.ts";
import { confirm } from "../output/confirm.ts";

export const networkPrune = command({
  name: "network prune",
  summary: "Remove the networks that no container uses",
  options: {
    filter: filters({ short: "", about: "only what matches: until=TIME, label=KEY[=VALUE], label!=KEY[=VALUE]" }),
    force: flag({ short: "f", about: "do not ask" }),
  },
  examples: ["network prune -f", "network prune -f --filter until=24h"],
  async run({ options, client, out }) {
    const question = "WARNING! This will remove all custom networks not used by at least one container.";
    if (!options.force) await confirm(out, question);
    const { NetworksDeleted: removed } = await client.networks.prune(options.filter);
    if (removed && removed.length > 0) out.line(["Deleted Networks:", ...removed, ""].join("\n"));
  },
});
