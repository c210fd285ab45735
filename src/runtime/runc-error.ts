import { readFileSync } from "node:fs";

/** The last error in a file that runc wrote with `--log FILE --log-format json`, in short; undefined without one. */
export function runcError(logFile: string): string | undefined {
  const words = runcWords(logFile);
  return words === undefined ? undefined : shorten(words);
}

/** As runcError(), with all of runc's layers. */
export function runcWords(logFile: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(logFile, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cause;
  }
  const messages = text.split("\n").flatMap(errorOf);
  return messages.at(-1)?.trim();
}

function errorOf(line: string): string[] {
  try {
    const { level, msg } = JSON.parse(line) as { level?: unknown; msg?: unknown };
    return level === "error" && typeof msg === "string" ? [msg] : [];
  } catch {
    return []; // an empty line, or a half-written one of a runc that was killed
  }
}

/**
 * Drops what Go's runtime tells of itself behind the cause when it dies, as where it can start no thread: registers and
 * stacks, hundreds of lines.
 */
export const withoutStacks = (message: string): string =>
  message.replace(/^(SIG[A-Z]+: |PC=0x|\[signal SIG|goroutine \d+ |runtime stack:)[\s\S]*/m, "").trim();

/** Drops the layers of runc that say only which of its parts failed, and keeps the cause. */
export function shorten(message: string): string {
  const layers =
    /^(runc (create|start|run) failed|exec failed|unable to start container process|error during container init): /;
  let text = withoutStacks(message);
  while (layers.test(text)) text = text.replace(layers, "");
  return text;
}

/** Docker's exit code for a process that could not be started: 127 not found, 126 found but not to be run. */
export function startFailureCode(why: string): 125 | 126 | 127 {
  if (/executable file not found|no such file or directory/.test(why)) return 127;
  return /permission denied|is a directory|exec format error/.test(why) ? 126 : 125;
}

/**
 * As startFailureCode(), for an exec: Docker's is 126 unless the program itself is missing. A directory or a file that the
 * program was to begin with is no program.
 */
export const execFailureCode = (why: string): 126 | 127 =>
  /\bexec: .*(executable file not found|no such file or directory|not a directory)/.test(why) ? 127 : 126;
