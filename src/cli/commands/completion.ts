import { one } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { ExitError } from "../errors.ts";

const shells = ["bash", "zsh", "fish"];

export const completion = command({
  name: "completion",
  summary: "Print the completion script of a shell",
  args: { shell: one("bash, zsh or fish", shells) },
  examples: ["completion bash", "completion zsh", "completion fish"],
  notes: [
    "Load it in the running shell:",
    "  bash:  source <(fairlead completion bash)",
    "  zsh:   source <(fairlead completion zsh)",
    "  fish:  fairlead completion fish | source",
  ].join("\n"),
  async run({ args, out }) {
    if (!shells.includes(args.shell)) {
      throw new ExitError(1, `there is no completion for "${args.shell}": use ${shells.join(", ")}`);
    }
    const { readFile } = await import("node:fs/promises");
    out.write(await readFile(new URL(`../completion/fairlead.${args.shell}`, import.meta.url)));
  },
});
