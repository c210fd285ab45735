import { many, one } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { printMappings } from "../output/mappings.ts";
import { parsePortSpec } from "../run/ports.ts";

export const portRm = command({
  name: "port rm",
  summary: "Withdraw published ports of a container, running or not",
  args: {
    container: one("name or id", "containers"),
    privatePort: many(
      "[host port:]port[-range][/protocol] of the container; without a host port all it is published at",
    ),
  },
  examples: ["port rm web 443", "port rm web 8080:80", "port rm web 53/udp 7000-7002"],
  async run({ args, client, out }) {
    const ports = args.privatePort.flatMap(chosenPorts);
    printMappings(out, await client.containers.withdraw(args.container, ports));
  },
});

function chosenPorts(spec: string): { protocol: string; containerPort: number; hostPort?: number }[] {
  return parsePortSpec(spec).map(({ protocol, containerPort, hostIp, hostPort }) => {
    if (hostIp !== "" || hostPort.includes("-"))
      throw new Error(`invalid port "${spec}": use [HOST_PORT:]CONTAINER_PORT, as "fairlead port" shows them`);
    return { protocol, containerPort, ...(hostPort === "" ? {} : { hostPort: Number(hostPort) }) };
  });
}
