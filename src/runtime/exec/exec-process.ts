import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecSpec } from "../../contracts/runtime.ts";
import { capabilitySets, grantable } from "../spec/capabilities.ts";
import { mergeEnvironment } from "../spec/environment.ts";
import { lookUpUser, type ProcessUser, type UserFiles } from "../spec/process-user.ts";
import { type Rlimit, sameRlimits } from "../spec/rlimits.ts";

/** `process` of a bundle's config.json, the part that an exec inherits. */
export interface InitProcess {
  readonly terminal: boolean;
  readonly env: readonly string[];
  readonly cwd: string;
  readonly user: ProcessUser;
  readonly capabilities: { readonly bounding: readonly string[] };
  // Absent in bundles of earlier releases.
  readonly rlimits?: readonly Rlimit[];
  readonly noNewPrivileges?: boolean;
  readonly oomScoreAdj?: number;
  /** Absent on a host without AppArmor. */
  readonly apparmorProfile?: string;
}

export const readInitProcess = (bundle: string): InitProcess =>
  (JSON.parse(readFileSync(join(bundle, "config.json"), "utf8")) as { process: InitProcess }).process;

/** What a process at a terminal has without anybody's doing. */
const terminal = "TERM=xterm";

/**
 * As in Docker (moby, daemon/exec.go), whose default of TERM is of the exec's own terminal, and lies under what the image
 * and the user set. The init process has one of its own terminal, which looks the same as one that was set to "xterm".
 */
function environmentOf({ tty, env, containerEnv = [] }: ExecSpec, init: InitProcess): string[] {
  const inherited = init.terminal ? init.env.filter((entry) => entry !== terminal) : init.env;
  return mergeEnvironment(tty ? [terminal] : [], inherited, containerEnv, env);
}

/** The process description for `runc exec --process`: what is not given is as the container's own process has it. */
export function execProcess(spec: ExecSpec, init: InitProcess, files: () => UserFiles): Record<string, unknown> {
  const user = spec.user === "" ? init.user : lookUpUser(spec.user, files());
  const capabilities = spec.privileged ? grantable() : init.capabilities.bounding;
  return {
    terminal: spec.tty,
    // It is to be there before the program runs; what conmon is told comes later.
    ...(spec.tty && spec.size ? { consoleSize: { height: spec.size.rows, width: spec.size.columns } } : {}),
    args: spec.args,
    env: environmentOf(spec, init),
    cwd: spec.workingDir || init.cwd,
    user,
    capabilities: capabilitySets(capabilities, user.uid),
    rlimits: sameRlimits(init.rlimits ?? []),
    noNewPrivileges: init.noNewPrivileges ?? false,
    oomScoreAdj: init.oomScoreAdj ?? 0,
    // Of a privileged exec, too, as in Docker.
    ...(init.apparmorProfile === undefined ? {} : { apparmorProfile: init.apparmorProfile }),
  };
}
