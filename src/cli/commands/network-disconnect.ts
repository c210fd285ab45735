import { one } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { flag } from "../command/options.ts";

export const networkDisconnect = command({
  name: "network disconnect",
  summary: "Disconnect a container from a network",
  args: { network: one("network to leave", "networks"), container: one("container, running or not", "containers") },
  options: { force: flag({ short: "f", about: "even if the container is not found" }) },
  examples: ["network disconnect back web"],
  async run({ args, options, client }) {
    await client.networks.disconnect(args.network, { Container: args.container, Force: options.force });
  },
});
