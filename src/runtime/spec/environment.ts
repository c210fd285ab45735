import type { ContainerConfig } from "../../model/container.ts";

const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The environment of a container's process: Docker's defaults, what links set, then what the user set. runc adds HOME. */
export const environment = (
  { env, hostname, tty }: Pick<ContainerConfig, "env" | "hostname" | "tty">,
  linkEnv: readonly string[] = [],
): string[] => mergeEnvironment([path, `HOSTNAME=${hostname}`, ...(tty ? ["TERM=xterm"] : [])], linkEnv, env);

/** Later values win and keep the place of the earlier ones. */
export function mergeEnvironment(...lists: (readonly string[])[]): string[] {
  const entries = new Map<string, string>();
  for (const entry of lists.flat()) entries.set(entry.split("=", 1)[0] ?? "", entry);
  return [...entries.values()];
}
