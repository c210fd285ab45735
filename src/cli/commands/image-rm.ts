import { many } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { flag } from "../command/options.ts";
import { forEachName } from "../output/each.ts";

export const imageRm = command({
  name: "image rm",
  summary: "Remove images",
  args: { image: many("name[:tag] or id", "images") },
  options: { force: flag({ short: "f", about: "accepted for docker's sake" }) },
  examples: ["image rm debian:12"],
  async run({ args, client, out }) {
    await forEachName(out, args.image, async (name) => {
      const done = await client.images.remove(name);
      return done
        .map(({ Untagged, Deleted }) => (Untagged ? `Untagged: ${Untagged}` : `Deleted: ${Deleted}`))
        .join("\n");
    });
  },
});
