import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Mounts } from "../../contracts/mounts.ts";

const run = promisify(execFile);

/**
 * mount(8), because it reads the options of fstab(5), and because a server that does not answer blocks a process of its
 * own. `--internal-only`: the options are the kernel's, as in Docker, not those of a program like mount.nfs.
 */
export const runMount: Mounts["device"] = async ({ type, source, options, target }) => {
  const words = options === "" ? [] : ["--options", options];
  try {
    await run("mount", ["--internal-only", "--types", type, ...words, "--source", source, "--target", target], {
      env: { PATH: process.env["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
    });
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim().split("\n")[0] ?? "";
    const why = said.replace(/^mount: /, "") || (cause as Error).message;
    throw new Error(`failed to mount local volume: mount ${source}:${target}: ${why}`, { cause });
  }
};
