import { many } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { printInspected } from "../output/inspect.ts";
import { formatOption } from "../output/options.ts";

export const imageInspect = command({
  name: "image inspect",
  summary: "Show all there is to know of images",
  args: { image: many("name[:tag] or id", "images") },
  options: { format: formatOption },
  examples: ["image inspect debian:12"],
  async run({ args, options, client, out }) {
    await printInspected(out, args.image, options.format, (name) => client.images.inspect(name));
  },
});
