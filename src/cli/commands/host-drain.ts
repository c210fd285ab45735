import { one } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { flag } from "../command/options.ts";

export const hostDrain = command({
  name: "host drain",
  summary: "Keep new containers on the cluster's networks off a host",
  args: { host: one("name or id", "hosts") },
  options: { off: flag({ about: "take it back: the host takes new ones again" }) },
  notes: "What runs there runs on, and networks of the host alone are not concerned.",
  examples: ["host drain host2", "host drain --off host2"],
  async run({ args, options, client, out }) {
    await client.cluster.drainHost(args.host, !options.off);
    out.line(args.host);
  },
});
