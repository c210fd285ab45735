import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** What a reader of a README types, and what the README says is seen then. */
export interface Step {
  /** Whose prompt it is: "" for "# ", "host1" for "host1# ". */
  readonly machine: string;
  readonly command: string;
  readonly output: string;
}

/**
 * The console blocks of a README. A line that begins with a prompt is typed, and so is what follows a backslash at its
 * end; the others are what is seen.
 *
 * @example
 * const steps = stepsOf("examples/multihost/README.md", ["host1", "host2"]);
 */
export function stepsOf(file: string, machines: readonly string[] = [""]): Step[] {
  const prompt = new RegExp(`^(${machines.join("|")})# `, "m");
  return [...readFileSync(file, "utf8").matchAll(/```console\n(.*?)```/gs)].flatMap(([, block = ""]) => {
    const [, ...parts] = block.split(prompt); // machine, text, machine, text, ...
    return parts.flatMap((machine, index) => (index % 2 === 0 ? [stepOf(machine, parts[index + 1] ?? "")] : []));
  });
}

function stepOf(machine: string, text: string): Step {
  const [typed = ""] = /^(.*\\\n)*.*\n?/.exec(text) ?? [];
  return { machine, command: typed.trimEnd(), output: text.slice(typed.length) };
}

/** What differs from run to run: ids, addresses of a random prefix (RFC 4193), times, and the width of columns. */
export const settled = (text: string): string =>
  text
    .replaceAll(/\b[0-9a-f]{64}\b/g, "ID")
    .replaceAll(/\b(?=[0-9a-f]*\d)[0-9a-f]{12}\b/g, "SHORT-ID")
    .replaceAll(/\bfd[0-9a-f]{2}(:[0-9a-f]{0,4})+/g, "PREFIX::")
    .replaceAll(/in \d+\.\d s\b/g, "in TIME")
    .replaceAll(/(Less than an?|An?|About an?|\d+) (second|minute|hour)s?\b/gi, "TIME")
    .replaceAll(/ +/g, " ")
    .replaceAll(/ +$/gm, "");

const patienceMs = 30_000;
const pauseMs = 50;

export interface ConsoleOptions {
  /** Runs what is typed; returns all that is seen. */
  readonly run: (step: Step) => Promise<string>;
  /** Commands that are done once. Any other is asked again until it is as told: programs take a moment to start. */
  readonly once: RegExp;
  /** Makes equal what may differ. */
  readonly settle?: (text: string) => string;
}

/** Does the steps of a README one after the other, and keeps what the README's ids are here. */
export class Console {
  readonly #options: ConsoleOptions;
  /** Ids of the README and what they are here, 12 characters of each. */
  readonly #ids = new Map<string, string>();

  constructor(options: ConsoleOptions) {
    this.#options = options;
  }

  /** Does a step; what is seen and what the README says, both settled, to be compared. */
  async see(step: Step): Promise<{ seen: string; told: string }> {
    const { run, once, settle = settled } = this.#options;
    const typed = { ...step, command: this.#withIdsOfHere(step.command) };
    const told = settle(step.output);
    for (const deadline = performance.now() + patienceMs; ; await delay(pauseMs)) {
      const output = await run(typed);
      const seen = settle(output);
      if (seen !== told && !once.test(step.command) && performance.now() < deadline) continue;
      this.#remember(step.output, output);
      return { seen, told };
    }
  }

  #withIdsOfHere(command: string): string {
    return command.replaceAll(/\b(?:br-)?([0-9a-f]{12})\b/g, (whole, id: string) =>
      whole.replace(id, this.#ids.get(id) ?? id),
    );
  }

  #remember(told: string, found: string): void {
    const [toldId, foundId] = [told, found].map((text) => /^[0-9a-f]{64}$/m.exec(text)?.[0].slice(0, 12));
    if (toldId && foundId) this.#ids.set(toldId, foundId);
  }
}
