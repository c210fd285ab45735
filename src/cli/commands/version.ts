import { command } from "../command/command.ts";
import { printFacts } from "../output/facts.ts";
import { formatOption } from "../output/options.ts";
import { release } from "../release.ts";

export const version = command({
  name: "version",
  summary: "Show the versions of this program and of the daemon",
  options: { format: formatOption },
  examples: ["version", "version --format '{{.Server.Version}}'"],
  async run({ options, client, out }) {
    const Client = { Version: release(), ApiVersion: "1.51", Os: process.platform, Node: process.version };
    try {
      const Server = await client.system.version();
      await printFacts(out, { Client, Server }, options.format, [
        {
          title: "Client",
          rows: [
            ["Version", Client.Version],
            ["API version", Client.ApiVersion],
            ["Node", Client.Node],
          ],
        },
        {
          title: "Server",
          rows: [
            ["Version", Server["Version"]],
            ["API version", `${Server["ApiVersion"]} (minimum version ${Server["MinAPIVersion"]})`],
            ["OS/Arch", `${Server["Os"]}/${Server["Arch"]}`],
            ["Kernel", Server["KernelVersion"]],
          ],
        },
      ]);
    } catch (error) {
      // What can be said of the client is worth saying; the daemon's absence still fails.
      if (!options.format) out.line(`Client:\n Version: ${Client.Version}`);
      throw error;
    }
  },
});
