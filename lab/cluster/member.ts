import { Machine } from "../machine.ts";

/** A machine in a lab's frame: it has a host name of its own too. */
export class Member extends Machine {
  override get entrance(): string[] {
    return ["nsenter", `--target=${this.pid}`, "--net", "--mount", "--pid", "--uts", "--wdns=/", "--"];
  }
}
