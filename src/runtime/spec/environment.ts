import type { ContainerConfig } from "../../model/container.ts";

const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The environment of a container's process: Docker's defaults, then what the user set. runc adds HOME. */
export const environment = ({ env, hostname, tty }: Pick<ContainerConfig, "env" | "hostname" | "tty">): string[] =>
  mergeEnvironment([path, `HOSTNAME=${hostname}`, ...(tty ? ["TERM=xterm"] : [])], env);

/** Later values win and keep the place of the earlier ones. */
export function mergeEnvironment(...lists: (readonly string[])[]): string[] {
  const entries = new Map<string, string>();
  for (const entry of lists.flat()) entries.set(entry.split("=", 1)[0] ?? "", entry);
  return [...entries.values()];
}
