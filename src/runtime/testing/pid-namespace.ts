import { spawnSync } from "node:child_process";

const mark = "FAIRLEAD_TEST_PID_NAMESPACE";

/**
 * Runs the calling test file again in pid and mount namespaces of its own and ends with its result; in those it returns
 * at once. conmon forks away from whoever starts it, so only the end of a pid namespace surely ends it; and its init,
 * tini, reaps. The inner process reports to the test runner in the outer one's place.
 */
export function requirePidNamespace(file: string): void {
  if (process.env[mark] !== undefined) return;
  const namespace = ["--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--propagation", "private"];
  const command = ["tini", "--", process.execPath, ...process.execArgv, file];
  const env = { ...process.env, [mark]: "1" };
  const { status, error } = spawnSync("unshare", [...namespace, ...command], { stdio: "inherit", env });
  if (error) throw error;
  process.exit(status ?? 1);
}
