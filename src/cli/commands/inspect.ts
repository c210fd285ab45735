import type { Client } from "../../client/client.ts";
import { ApiError } from "../../client/errors.ts";
import { many } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { flag, text } from "../command/options.ts";
import { ExitError } from "../errors.ts";
import { printInspected } from "../output/inspect.ts";
import { formatOption } from "../output/options.ts";

const kinds: Readonly<Record<string, (client: Client, name: string) => Promise<unknown>>> = {
  container: (client, name) => client.containers.inspect(name),
  image: (client, name) => client.images.inspect(name),
  network: (client, name) => client.networks.inspect(name),
};

export const inspect = command({
  name: "inspect",
  summary: "Show all there is to know of containers, images and networks",
  args: { name: many("name or id", "containers") },
  options: {
    format: formatOption,
    size: flag({ short: "s", about: "accepted for docker's sake" }),
    type: text({ about: "container, image or network, where names are the same", completes: Object.keys(kinds) }),
  },
  examples: ["inspect web", "inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' web"],
  async run({ args, options, client, out }) {
    const wanted = options.type ? [options.type] : Object.keys(kinds);
    const unknown = wanted.find((kind) => !(kind in kinds));
    if (unknown !== undefined) throw new ExitError(1, `"${unknown}" is not a valid value for --type`);
    await printInspected(out, args.name, options.format, (name) => findAny(client, name, wanted), "Error: ");
  },
});

/** The first kind that has something of this name. */
async function findAny(client: Client, name: string, wanted: readonly string[]): Promise<unknown> {
  for (const kind of wanted) {
    try {
      return await kinds[kind]?.(client, name);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    }
  }
  const [only, ...others] = wanted;
  throw new ApiError(404, `No such ${others.length > 0 ? "object" : only}: ${name}`);
}
