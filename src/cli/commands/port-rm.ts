import { many, one } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { printMappings } from "../output/mappings.ts";
import { parseExposed } from "../run/ports.ts";

export const portRm = command({
  name: "port rm",
  summary: "Withdraw published ports of a container, running or not",
  args: { container: one("name or id", "containers"), privatePort: many("port[-range][/protocol] of the container") },
  examples: ["port rm web 443", "port rm web 53/udp 7000-7002"],
  async run({ args, client, out }) {
    const ports = args.privatePort.flatMap(parseExposed).map((key) => {
      const [containerPort, protocol = "tcp"] = key.split("/");
      return { protocol, containerPort: Number(containerPort) };
    });
    printMappings(out, await client.containers.withdraw(args.container, ports));
  },
});
