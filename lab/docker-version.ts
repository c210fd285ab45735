import { execFileSync } from "node:child_process";

/**
 * Why a test that needs flags of docker's CLI 28 cannot run with the one that is installed (Debian 12 has 20.10); false
 * when it can. Tests that need none run with any.
 */
export function lacksNewDocker(): string | false {
  const said = execFileSync("docker", ["--version"], { encoding: "utf8" });
  const major = Number(/version (\d+)/.exec(said)?.[1] ?? 0);
  return major >= 28 ? false : `needs flags of docker's CLI 28; here is "${said.trim()}"`;
}
