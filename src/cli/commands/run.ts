import { any } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { flag } from "../command/options.ts";
import { ExitError } from "../errors.ts";
import { createContainer } from "../run/create.ts";
import { follow, startFailure } from "../run/follow.ts";
import { containerOptions } from "../run/options.ts";

export const run = command({
  name: "run",
  summary: "Create a container and start it",
  args: { words: any("image and command; with --rootfs only the command", "images") },
  usage: "IMAGE [COMMAND] [ARG...]",
  options: {
    ...containerOptions,
    detach: flag({ short: "d", about: "leave it in the background and print its id" }),
  },
  takesCommand: true,
  failure: 125,
  notes:
    "In the foreground its output is shown, signals are passed on, and its exit code\nis this command's. 125: it could not be created. 126: its command cannot be run.\n127: its command was not found.\n\nOther flags of docker's (--restart, --memory, --cpus, --ulimit, --init ...) are\ntaken, and the daemon warns that they have no effect, or refuses them.",
  examples: [
    "run -d --name web --network front -p 8080:80 nginx:1.27",
    "run --rm --rootfs host --network back getent hosts web",
    "run -it --rm --network back busybox sh",
    "run -d --network name=front,alias=www,ip=10.5.0.9 --network back nginx:1.27",
  ],
  async run({ args, options, client, out }) {
    const { interactive: input, tty, rm: removed } = options;
    if (input && tty && !options.detach && !out.stdin.isTTY) throw new ExitError(1, "the input device is not a TTY");
    const id = await createContainer({ client, out, options, words: args.words, detached: options.detach });
    try {
      if (!options.detach) {
        out.exitCode = await follow({ client, out, id, removed, input, tty });
        return;
      }
      await client.containers.start(id);
      out.line(id);
    } catch (error) {
      throw startFailure(error) ?? error;
    }
  },
});
