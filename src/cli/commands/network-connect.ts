import { one } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { commaList, integer, list, text } from "../command/options.ts";
import { address, endpointOf, parseDriverOption } from "../run/networks.ts";

export const networkConnect = command({
  name: "network connect",
  summary: "Connect a container to a network",
  args: { network: one("network to join", "networks"), container: one("container, running or not", "containers") },
  options: {
    alias: commaList({ about: "further name of the container on this network" }),
    driverOpt: commaList({ about: "option of the driver, as key=value" }),
    gwPriority: integer({ about: "the network with the highest gives the default route; may be negative" }),
    ip: text({ about: "IPv4 address" }),
    ip6: text({ about: "IPv6 address" }),
    link: list({ about: "other container to reach under an alias, as container:alias", completes: "containers" }),
    linkLocalIp: commaList({ about: "further link-local address" }),
  },
  examples: [
    "network connect back web",
    "network connect --ip 10.5.0.9 --alias db back mariadb",
    "network connect --driver-opt com.docker.network.endpoint.ifname=data0 --gw-priority 10 back web",
  ],
  async run({ args, options, client }) {
    const ask = {
      aliases: options.alias,
      ip: address(options.ip, "--ip"),
      ip6: address(options.ip6, "--ip6"),
      mac: "",
      linkLocal: options.linkLocalIp,
      driverOptions: Object.assign({}, ...options.driverOpt.map(parseDriverOption)) as Record<string, string>,
      gwPriority: options.gwPriority ?? 0,
    };
    const body = { Container: args.container, EndpointConfig: endpointOf(ask, options.link) };
    await client.networks.connect(args.network, body);
  },
});
