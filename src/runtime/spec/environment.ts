import type { ContainerConfig } from "../../model/container.ts";

const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The environment of a container's process: Docker's defaults, what links set, then what the user set. runc adds HOME. */
export const environment = (
  { env, hostname, tty }: Pick<ContainerConfig, "env" | "hostname" | "tty">,
  linkEnv: readonly string[] = [],
): string[] => mergeEnvironment([path, `HOSTNAME=${hostname}`, ...(tty ? ["TERM=xterm"] : [])], linkEnv, env);

/** Later values win and keep the place of the earlier ones; a name without a value takes the variable away, as in Docker. */
export function mergeEnvironment(...lists: (readonly string[])[]): string[] {
  const entries = new Map<string, string>();
  for (const entry of lists.flat()) {
    const [name = ""] = entry.split("=", 1);
    if (entry.includes("=")) entries.set(name, entry);
    else entries.delete(name);
  }
  return [...entries.values()];
}
