/**
 * Why a container did not start, in Docker's words: they name each layer of its runtime, and its CLI looks in them for
 * the exit code of `docker run`. What the runtime did not say stays as it is.
 */
export function startErrorText(why: string): string {
  if (!fromRuntime.test(why)) return why;
  const layers = "failed to create task for container: failed to create shim task: OCI runtime create failed";
  return `${layers}: runc create failed: unable to start container process: error during container init: ${why}: unknown`;
}

/** What runc says of a command that it could not run. */
const fromRuntime =
  /^(exec|chdir|open|mount|error mounting|mkdir|stat)\b.*(no such file|not found|permission denied|not a directory|is a directory|exec format error)/is;
