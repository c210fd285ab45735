import { command } from "../../src/cli/command/command.ts";
import { name, openLab } from "./which.ts";

export const compact = command({
  name: "lab compact",
  summary: "Make the store forget all revisions but the latest",
  options: { name },
  examples: ["lab compact"],
  async run({ options, out }) {
    await (await openLab(options.name, out)).store.compact();
    out.line("Compacted the store");
  },
});
