import { any, one } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { flag, list, text } from "../command/options.ts";
import { ExitError } from "../errors.ts";
import { converse } from "../run/converse.ts";
import { readEnvironment } from "../run/environment.ts";
import { startFailure } from "../run/follow.ts";

export const exec = command({
  name: "exec",
  summary: "Run a command in a running container",
  args: { container: one("name or id", "running"), command: any("command and its arguments") },
  usage: "CONTAINER COMMAND [ARG...]",
  options: {
    detach: flag({ short: "d", about: "leave it in the background" }),
    env: list({ short: "e", about: "environment variable, as NAME=VALUE" }),
    envFile: list({ about: "file of environment variables", completes: "files" }),
    interactive: flag({ short: "i", about: "pass your input on" }),
    privileged: flag({ about: "all capabilities" }),
    tty: flag({ short: "t", about: "give it a terminal" }),
    user: text({ short: "u", about: "user, as name|uid[:group|gid]" }),
    workdir: text({ short: "w", about: "working directory" }),
  },
  takesCommand: true,
  examples: ["exec web ip route", "exec -it web sh", "exec -e LANG=C -w /srv web ls"],
  async run({ args, options, client, out }) {
    if (args.command.length === 0) throw new ExitError(1, "'fairlead exec' requires a container and a command");
    if (options.interactive && options.tty && !options.detach && !out.stdin.isTTY)
      throw new ExitError(1, "the input device is not a TTY");
    const size = options.tty && out.rows && out.columns ? ([out.rows, out.columns] as const) : undefined;
    const id = await client.exec.create(args.container, {
      Cmd: args.command,
      User: options.user,
      Privileged: options.privileged,
      Tty: options.tty,
      AttachStdin: options.interactive && !options.detach,
      AttachStdout: !options.detach,
      AttachStderr: !options.detach,
      Env: readEnvironment(options.envFile, options.env, out.env),
      WorkingDir: options.workdir,
      ...(size ? { ConsoleSize: size } : {}),
    });
    try {
      if (options.detach) await client.exec.startDetached(id, { Tty: options.tty });
      else out.exitCode = await converse({ client, out, id, tty: options.tty, input: options.interactive, size });
    } catch (error) {
      throw startFailure(error) ?? error;
    }
  },
});
