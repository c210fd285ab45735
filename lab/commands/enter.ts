import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { Terminal } from "../../src/cli/output/terminal.ts";
import type { Member } from "../cluster/member.ts";
import { checkout } from "../process.ts";

/** What makes `fairlead` and `docker` work in a machine as they are. */
function environmentOf(machine: Member, env: Terminal["env"]): NodeJS.ProcessEnv {
  const path = [checkout, env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin", `${checkout}/.cache/docker.io/usr/bin`].join(
    ":",
  );
  // On machines without a daemon too: the CLIs must not find the one of the real machine, whose files are seen there.
  const socket = `unix://${machine.socket}`;
  return { ...env, PATH: path, FAIRLEAD_HOST: socket, DOCKER_HOST: socket };
}

/** Runs a command in a machine on this process's own terminal, and returns its exit code. */
export async function enter(machine: Member, argv: readonly string[], out: Terminal): Promise<number> {
  const entrance = machine.entrance.filter((word) => word !== "--wdns=/");
  const [program = "", ...args] = [...entrance, ...argv];
  // Both are told by the terminal: the command decides what it means.
  using _signals = out.onSignals(["SIGINT", "SIGQUIT"], () => undefined);
  const child = spawn(program, args, { stdio: "inherit", env: environmentOf(machine, out.env) });
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + (signal ? constants.signals[signal] : 0);
}
