import type { Machine } from "./machine.ts";
import { checkout } from "./process.ts";

/** A terminal in the checkout on a machine: what is exported stays for the commands that follow. */
export class Shell {
  readonly #machine: Machine;
  #exported = "";

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Types a command; all that is seen. */
  async type(command: string): Promise<string> {
    if (command.startsWith("export ")) this.#exported += `${command}; `;
    const { stdout, stderr } = await this.#machine.exec(["bash", "-c", `cd ${checkout}; ${this.#exported}${command}`]);
    return stdout + stderr;
  }
}
