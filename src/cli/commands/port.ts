import type { PortBindings } from "../../client/types.ts";
import { one, optional } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { ExitError } from "../errors.ts";
import { bracketed } from "../output/ports.ts";

export const port = command({
  name: "port",
  summary: "Show where the ports of a container are published",
  args: { container: one("name or id", "running"), privatePort: optional("port[/protocol] of the container") },
  usage: "CONTAINER [PRIVATE_PORT[/PROTO]]",
  examples: ["port web", "port web 80/tcp"],
  notes: 'Ports of a running container are changed with "port add" and "port rm".',
  async run({ args, client, out }) {
    const { NetworkSettings } = await client.containers.inspect(args.container);
    const lines = portLines(NetworkSettings.Ports ?? {}, args.privatePort);
    if (args.privatePort !== undefined && lines.length === 0) {
      throw new ExitError(1, `Error: No public port '${args.privatePort}' published for ${args.container}`);
    }
    for (const line of lines) out.line(line);
  },
});

/** "80/tcp -> 0.0.0.0:8080", by port; for one port only the addresses. */
function portLines(ports: PortBindings, wanted: string | undefined): string[] {
  const key = wanted === undefined || wanted.includes("/") ? wanted : `${wanted}/tcp`;
  return Object.entries(ports)
    .filter(([inside]) => key === undefined || inside === key)
    .flatMap(([inside, bindings]) =>
      (bindings ?? []).map(({ HostIp, HostPort }) => {
        const outside = `${bracketed(HostIp)}:${HostPort}`;
        return { port: Number.parseInt(inside, 10), line: key === undefined ? `${inside} -> ${outside}` : outside };
      }),
    )
    .sort((left, right) => left.port - right.port)
    .map(({ line }) => line);
}
