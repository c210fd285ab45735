import { many, one } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { printMappings } from "../output/mappings.ts";
import { parsePortSpec } from "../run/ports.ts";

export const portAdd = command({
  name: "port add",
  summary: "Publish further ports of a container, running or not",
  args: { container: one("name or id", "containers"), port: many("what to publish, as for run -p") },
  examples: ["port add web 8443:443", "port add web 127.0.0.1:5353:53/udp 7000-7002:7000-7002"],
  async run({ args, client, out }) {
    const ports = args.port.flatMap(parsePortSpec).map(({ hostPort, ...port }) => {
      const [first = 0, last = first] = hostPort.split("-").map(Number);
      return { ...port, hostPort: first, hostPortEnd: last };
    });
    printMappings(out, await client.containers.publish(args.container, ports));
  },
});
