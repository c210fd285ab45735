import { any } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { createContainer } from "../run/create.ts";
import { containerOptions } from "../run/options.ts";

export const create = command({
  name: "create",
  summary: "Create a container without starting it",
  args: { words: any("image and command; with --rootfs only the command", "images") },
  usage: "IMAGE [COMMAND] [ARG...]",
  options: containerOptions,
  takesCommand: true,
  failure: 125,
  examples: ["create --name job debian:12 sh -c 'echo done'", "create --rootfs host --network back sleep 60"],
  async run({ args, options, client, out }) {
    out.line(await createContainer({ client, out, options, words: args.words }));
  },
});
