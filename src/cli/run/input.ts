import { ExitError } from "../errors.ts";

/**
 * A container's first process has no input and no client's terminal: its output goes to the log. What docker does with
 * -it is done here by starting it in the background and opening a shell inside.
 */
export function refuseInput(flags: { readonly interactive: boolean; readonly tty: boolean }, detached: boolean): void {
  if (!flags.interactive && !(flags.tty && !detached)) return;
  const given = `${flags.interactive ? "-i" : ""}${flags.interactive && flags.tty ? " and " : ""}${flags.tty ? "-t" : ""}`;
  const instead = 'start it with "run -d" (with a command that stays, such as sleep infinity), then "exec -it NAME sh"';
  throw new ExitError(125, `${given}: the input of a container's first process is not offered: ${instead}`);
}
