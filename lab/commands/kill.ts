import { one } from "../../src/cli/command/arguments.ts";
import { command } from "../../src/cli/command/command.ts";
import { text } from "../../src/cli/command/options.ts";
import { badValue } from "../../src/cli/errors.ts";
import { programsOf } from "./programs.ts";
import { name, openLab, programNames } from "./which.ts";

/** Signals that end a program. */
const ending = ["KILL", "TERM", "INT"] as const;

export const kill = command({
  name: "lab kill",
  summary: "End a host's daemon, or the store, at once; its containers or data stay",
  args: { machine: one("host1, host2 ..., or store", programNames) },
  options: {
    name,
    signal: text({ short: "s", default: "KILL", about: "KILL (default), TERM or INT", completes: ending }),
  },
  examples: ["lab kill host2", "lab kill -s TERM host2", "lab kill store"],
  async run({ args, options, out }) {
    const wanted = options.signal.replace(/^SIG/, "");
    const signal = ending.find((each) => each === wanted);
    if (!signal) throw badValue("-s, --signal", options.signal, `it must be one of ${ending.join(", ")}`);
    const programs = programsOf(await openLab(options.name, out), args.machine);
    for (const { service, title } of programs) {
      await service.end(`SIG${signal}`);
      out.line(`Ended the ${title}`);
    }
  },
});
