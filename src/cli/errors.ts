/** Ends the command with this exit code; `message` "" says nothing more on stderr. */
export class ExitError extends Error {
  override readonly name = "ExitError";
  readonly exitCode: number;
  constructor(exitCode: number, message = "", options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** A command line that is not understood: exit code 125 for a flag and its value (docker's), 1 for arguments. */
export class UsageError extends ExitError {}

/** A flag's value that is refused. */
export const badValue = (flag: string, value: string, why: string): UsageError =>
  new UsageError(125, `invalid argument "${value}" for "${flag}" flag: ${why}`);
