/** Errors that say that what was asked for is not there, or no longer: a file, a process, whoever listened. */
const gone = ["ENOENT", "ESRCH", "ENXIO", "ECONNREFUSED", "ENOTDIR"];

/** The result, or undefined when what is looked at has gone: processes end whenever they like. */
export function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (cause) {
    const { code, errno } = cause as { code?: unknown; errno?: unknown };
    if (gone.includes(String(code)) || gone.includes(String(errno))) return undefined;
    throw cause;
  }
}
