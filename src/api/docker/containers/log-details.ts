import type { ContainerConfig } from "../../../model/container.ts";

/**
 * What `docker logs --details` shows before each line: the labels and variables that the log options choose, "a=1,b=2".
 */
export function logDetails({ labels, env, logConfig }: Pick<ContainerConfig, "labels" | "env" | "logConfig">): string {
  const options = logConfig?.options ?? {};
  const variables = env.map((variable) => variable.split(/=(.*)/s, 2) as [string, string | undefined]);
  const chosen = [
    ...Object.entries(labels).filter(chooser(options["labels"], options["labels-regex"])),
    ...variables.filter(chooser(options["env"], options["env-regex"])),
  ];
  return chosen
    .map(([name, value = ""]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .toSorted()
    .join(",");
}

function chooser(
  names: string | undefined,
  pattern: string | undefined,
): (entry: readonly [string, unknown]) => boolean {
  const list = (names ?? "").split(",");
  const expression = pattern === undefined ? undefined : new RegExp(pattern);
  return ([name]) => list.includes(name) || expression?.test(name) === true;
}
