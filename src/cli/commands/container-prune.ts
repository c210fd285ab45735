import { command } from "../command/command.ts";
import { filters, flag } from "../command/options.ts";
import { confirm } from "../output/confirm.ts";
import { humanSize } from "../output/size.ts";

export const containerPrune = command({
  name: "container prune",
  summary: "Remove the containers that do not run",
  options: {
    filter: filters({ short: "", about: "only what matches: until=TIME, label=KEY[=VALUE], label!=KEY[=VALUE]" }),
    force: flag({ short: "f", about: "do not ask" }),
  },
  examples: ["container prune -f"],
  async run({ options, client, out }) {
    if (!options.force) await confirm(out, "WARNING! This will remove all stopped containers.");
    const { ContainersDeleted: removed, SpaceReclaimed: bytes } = await client.containers.prune(options.filter);
    if (removed && removed.length > 0) out.line(["Deleted Containers:", ...removed, ""].join("\n"));
    out.line(`Total reclaimed space: ${humanSize(bytes)}`);
  },
});
