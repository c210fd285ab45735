import { command } from "../command/command.ts";
import { printFacts } from "../output/facts.ts";
import { formatOption } from "../output/options.ts";
import { humanSize } from "../output/size.ts";

interface Info {
  readonly [field: string]: unknown;
  readonly Plugins?: { readonly Network?: readonly string[] };
  readonly DefaultAddressPools?: readonly { readonly Base: string; readonly Size: number }[];
  readonly FirewallBackend?: { readonly Driver: string };
  readonly Warnings?: readonly string[] | null;
}

export const info = command({
  name: "info",
  summary: "Show what the daemon is and has",
  options: { format: formatOption },
  examples: ["info", "info -f '{{json .DefaultAddressPools}}'"],
  async run({ options, client, out }) {
    const found = (await client.system.info()) as Info;
    await printFacts(out, found, options.format, [{ title: "Server", rows: rowsOf(found) }]);
    if (options.format === "") for (const warning of found.Warnings ?? []) out.errorLine(`WARNING: ${warning}`);
  },
});

function rowsOf(found: Info): [string, unknown][] {
  return [
    ["Version", found["ServerVersion"]],
    ["Name", found["Name"]],
    [
      "Containers",
      `${found["Containers"]} (${found["ContainersRunning"]} running, ${found["ContainersStopped"]} stopped)`,
    ],
    ["Images", found["Images"]],
    ["Network drivers", found.Plugins?.Network?.join(" ")],
    ["Address pools", found.DefaultAddressPools?.map(({ Base, Size }) => `${Base} in /${Size}`).join(", ")],
    ...(found["ClusterStore"] ? [["Cluster store", found["ClusterStore"]] satisfies [string, unknown]] : []),
    ...(found["ClusterAdvertise"] ? [["Cluster address", found["ClusterAdvertise"]] satisfies [string, unknown]] : []),
    ["Firewall", found.FirewallBackend?.Driver],
    ["IPv4 forwarding", found["IPv4Forwarding"]],
    ["Data root", found["DockerRootDir"]],
    ["Operating system", found["OperatingSystem"]],
    ["Kernel", found["KernelVersion"]],
    ["CPUs", found["NCPU"]],
    ["Memory", humanSize(Number(found["MemTotal"] ?? 0))],
  ];
}
