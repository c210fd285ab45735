import { command } from "../../src/cli/command/command.ts";
import { flag } from "../../src/cli/command/options.ts";
import { takeDown } from "../cluster/cluster-lab.ts";
import { ended } from "../cluster/frame.ts";
import { places } from "../cluster/place.ts";
import { name, placeOf, rootIn } from "./which.ts";

export const down = command({
  name: "lab down",
  summary: "End a lab and remove all of it, also one that was cut short",
  options: { name, all: flag({ short: "a", about: "every lab" }) },
  examples: ["lab down", "lab down --name two", "lab down --all"],
  async run({ options, out }) {
    const wanted = options.all ? places(rootIn(out.env)) : [placeOf(options.name, out)];
    for (const place of wanted) {
      if (!(await takeDown(place))) throw ended(place);
      out.line(`Removed lab "${place.name}"`);
    }
  },
});
