import { command } from "../command/command.ts";
import { flag, text } from "../command/options.ts";
import { ExitError } from "../errors.ts";
import { formatTable } from "../output/table.ts";

export const repair = command({
  name: "repair",
  summary: "Compare the kernel with what should be there, and mend what differs",
  options: {
    dryRun: flag({ about: "only say what differs; exit code 1 if anything does" }),
    format: text({ about: "table (default) or json", completes: ["table", "json"] }),
  },
  examples: ["repair --dry-run", "repair"],
  async run({ options, client, out }) {
    if (!["", "table", "json"].includes(options.format)) throw new ExitError(1, "--format must be table or json");
    const report = await client.system.repair({ dryRun: options.dryRun });
    if (options.format === "json") out.line(JSON.stringify(report));
    else if (report.differences.length === 0) out.line("Kernel and store agree: nothing to repair");
    else {
      const rows = report.differences.map(({ problem, object, owner, detail }) => [problem, object, owner, detail]);
      const header = ["PROBLEM", "OBJECT", "OWNER", "DETAIL"];
      out.write(formatTable([header, ...rows], { width: out.columns, noTrunc: false }));
      const count = `${rows.length} ${rows.length === 1 ? "difference" : "differences"}`;
      out.line(report.repaired ? `${count} repaired` : `${count} found, nothing was changed`);
    }
    if (options.dryRun && report.differences.length > 0) out.exitCode = 1;
  },
});
