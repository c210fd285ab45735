import { command } from "../command/command.ts";
import { flag, integer } from "../command/options.ts";
import { containerListing } from "../output/containers.ts";
import { printList } from "../output/list.ts";
import { listOptions } from "../output/options.ts";

export const ps = command({
  name: "ps",
  summary: "List containers",
  options: {
    ...listOptions,
    all: flag({ short: "a", about: "those that do not run too" }),
    last: integer({ short: "n", about: "the newest so many, running or not" }),
    latest: flag({ short: "l", about: "the newest one, running or not" }),
    size: flag({ short: "s", about: "show sizes" }),
  },
  notes: "Filters: ancestor, before, expose, exited, health, id, label, name, network, publish, since, status, volume.",
  examples: ["ps", "ps -a --filter network=back", "ps --format 'table {{.Names}}\\t{{.Ports}}'"],
  async run({ options, client, out }) {
    const limit = options.latest ? 1 : options.last;
    const containers = await client.containers.list({
      all: options.all,
      limit: limit !== undefined && limit > 0 ? limit : undefined,
      size: options.size,
      filters: options.filter,
    });
    await printList(out, containerListing(options, Date.now()), containers, options);
  },
});
