import { invalid } from "../../base/errors.ts";
import type { ProcessList } from "../../contracts/limits.ts";
import { findProgram, runProgram } from "../run-program.ts";

/** Docker's when none are given. */
const defaultArguments = ["-ef"];

/** Runs the host's ps(1), which knows the format that is asked for, and keeps the rows of these processes. */
export async function processList(pids: readonly number[], psArguments: readonly string[]): Promise<ProcessList> {
  const given = psArguments.length > 0 ? psArguments : defaultArguments;
  if (given.some((word) => /(^|[\s,])pid=/i.test(word))) {
    throw invalid("ps arguments", "the column PID must keep its name, by which the container's processes are found");
  }
  const ps = findProgram("ps", "procps");
  // Only the container's processes are asked for where the format allows that; otherwise all, and most are left out.
  const few = await runProgram(ps, [...given, "-q", pids.join(",")]);
  const { exitCode, stdout, stderr } = few.exitCode === 0 && few.stdout ? few : await runProgram(ps, given);
  if (exitCode !== 0) throw invalid("ps arguments", stderr.trim().split("\n")[0] || `ps ended with ${exitCode}`);
  return parseProcessList(stdout, pids);
}

/** ps's table: columns are as wide as their title and values, so that blanks part them; the last takes what is left. */
export function parseProcessList(text: string, pids: readonly number[]): ProcessList {
  const [head = "", ...lines] = text.split("\n").filter((line) => line.trim() !== "");
  const titles = words(head);
  const pidColumn = titles.indexOf("PID");
  if (pidColumn < 0) throw invalid("ps arguments", "Couldn't find PID field in ps output");
  const rows: string[][] = [];
  let isOurs = false;
  for (const line of lines) {
    const cells = words(line);
    const pid = cells[pidColumn] ?? "";
    // "-": a thread, listed below its process (ps m).
    if (pid !== "-") isOurs = pids.includes(Number(pid));
    if (isOurs) rows.push([...cells.slice(0, titles.length - 1), cells.slice(titles.length - 1).join(" ")]);
  }
  return { titles, rows };
}

const words = (line: string): string[] => line.trim().split(/\s+/);
