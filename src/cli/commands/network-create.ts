import { one } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { choice, commaList, flag, list, pairs, text } from "../command/options.ts";
import { readLabels } from "../run/environment.ts";
import { ipamConfig } from "../run/ipam.ts";

export const networkCreate = command({
  name: "network create",
  summary: "Create a network",
  args: { network: one("name of the new network") },
  options: {
    attachable: flag({ about: "accepted for docker's sake: networks always are" }),
    auxAddress: pairs({ about: "address never handed out, as name=address" }),
    configFrom: text({ about: "config-only network to take the configuration from", completes: "networks" }),
    configOnly: flag({ about: "make a configuration for other networks, not a network" }),
    driver: text({ short: "d", default: "bridge", about: "driver that builds it (default bridge)" }),
    gateway: commaList({ about: "address of the gateway, one for each subnet" }),
    ingress: flag({ hidden: true, about: "needs a swarm" }),
    internal: flag({ about: "no way out to other networks" }),
    ipRange: commaList({ about: "part of the subnet that addresses are handed out from" }),
    ipamDriver: text({
      default: "default",
      about: "address management: default, or dhcp on a LAN",
      completes: ["default", "dhcp"],
    }),
    ipamOpt: pairs({ about: "option of the address management" }),
    ipv4: choice({ about: "IPv4 addresses (default true)" }),
    ipv6: choice({ about: "IPv6 addresses" }),
    label: list({ about: "label, as key=value" }),
    opt: pairs({ short: "o", about: "option of the driver, as key=value" }),
    scope: text({ about: "local, or global for an overlay: the driver decides", completes: ["local", "global"] }),
    subnet: commaList({ about: "CIDR to allocate from; repeat for a second family" }),
  },
  examples: [
    "network create web",
    "network create --subnet 10.5.0.0/24 --gateway 10.5.0.254 --internal back",
    "network create --ipv6 --subnet 10.6.0.0/24 --subnet fd06::/64 both",
    "network create -o com.docker.network.driver.mtu=1400 small",
    "network create -d macvlan -o parent=eth1 --ipam-driver dhcp lan",
  ],
  async run({ args, options, client, out }) {
    const { Id, Warning } = await client.networks.create({
      Name: args.network,
      Driver: options.driver,
      Scope: options.scope,
      Internal: options.internal,
      Attachable: options.attachable,
      Ingress: options.ingress,
      ConfigOnly: options.configOnly,
      ...(options.configFrom ? { ConfigFrom: { Network: options.configFrom } } : {}),
      ...(options.ipv4 === undefined ? {} : { EnableIPv4: options.ipv4 }),
      ...(options.ipv6 === undefined ? {} : { EnableIPv6: options.ipv6 }),
      IPAM: { Driver: options.ipamDriver, Options: options.ipamOpt, Config: ipamConfig(options) },
      Options: options.opt,
      Labels: readLabels([], options.label),
    });
    if (Warning) out.errorLine(`WARNING: ${Warning}`);
    out.line(Id);
  },
});
