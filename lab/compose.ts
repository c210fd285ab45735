import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./machine.ts";
import type { Result } from "./process.ts";

/** A folder with a compose file in a host, and Debian's docker-compose to work with it on the daemon that is in there. */
export class ComposeProject {
  readonly folder: string;
  readonly #host: Machine;

  constructor(host: Machine, name: string, file: string) {
    this.#host = host;
    this.folder = join(host.folder, name);
    mkdirSync(host.pathOf(this.folder));
    this.write(file);
  }

  /** Puts another compose file in the place of the first. */
  write(file: string): void {
    writeFileSync(this.#host.pathOf(join(this.folder, "docker-compose.yml")), file);
  }

  exec(...args: string[]): Promise<Result> {
    const env = { DOCKER_HOST: `unix://${this.#host.socket}` };
    return this.#host.exec(
      ["docker-compose", "--ansi", "never", "--project-directory", this.folder, ...this.#file, ...args],
      {
        env,
      },
    );
  }

  /** Runs a command that must succeed; its output. What it says on the way goes to stderr. */
  async run(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.exec(...args);
    if (code !== 0) throw new Error(`docker-compose ${args.join(" ")}: ended with ${code}\n${stderr}${stdout}`);
    return stdout.trimEnd();
  }

  get #file(): string[] {
    return ["--file", join(this.folder, "docker-compose.yml")];
  }
}

/** What docker-compose says it does, without who began and who was faster. */
export function settledProgress(text: string): string {
  const lines = text.replaceAll("\r", "").split("\n");
  const isProgress = (line: string) => /^(Creating|Starting|Stopping|Removing|Recreating|Killing) /.test(line);
  const done = lines.filter((line) => isProgress(line) && !/\.\.\.\s*$/.test(line));
  return [...done.toSorted(), ...lines.filter((line) => !isProgress(line))].join("\n");
}
