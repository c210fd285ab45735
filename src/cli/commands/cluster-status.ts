import type { ClusterStatus } from "../../client/types.ts";
import { command } from "../command/command.ts";
import { humanDuration } from "../output/duration.ts";
import { printFacts, type Section } from "../output/facts.ts";
import { formatOption } from "../output/options.ts";

export const clusterStatus = command({
  name: "cluster status",
  summary: "Show how the cluster's store and this host in it are",
  options: { format: formatOption },
  examples: ["cluster status", "cluster status -f '{{.state}} {{.lag}}'"],
  async run({ options, client, out }) {
    const found = await client.cluster.status();
    await printFacts(out, found, options.format, sections(found, Date.now()));
    if (options.format === "") for (const warning of found.store.warnings) out.errorLine(`WARNING: ${warning}`);
  },
});

function sections(found: ClusterStatus, now: number): Section[] {
  const { state, why, since, host, hosts, store } = found;
  const alone = store.address === "embedded";
  return [
    {
      title: "Cluster",
      rows: [
        ["State", `${state}, for ${humanDuration(now - Date.parse(since)).toLowerCase()}`],
        ...rowIf(why, "Why"),
        ["Hosts", `${hosts.live} live, ${hosts.unknown} unknown${found.connected ? "" : " when it was last heard"}`],
      ],
    },
    {
      title: "Store",
      rows: [
        ["Address", alone ? "embedded: this host is alone" : store.address],
        ...rowIf(alone ? "" : store.version, "Version"),
        ...(alone ? [] : store.members).map(({ name, endpoint, leader }): [string, string] => [
          leader ? "Leader" : "Member",
          endpoint === name ? name : `${name} at ${endpoint}`,
        ]),
        ...rowIf(store.revision === 0 ? "" : String(store.revision), "Revision"),
      ],
    },
    {
      title: "This host",
      rows: [
        ["Name", `${host.name} (${host.id.slice(0, 12)})`],
        ["Address", host.address || "-"],
        ["Epoch", host.epoch],
        ["Revision seen", `${found.seen}${found.lag === undefined ? "" : `, ${found.lag} behind`}`],
        ["Changes waiting", found.waiting],
        ["Outages", found.outages],
      ],
    },
  ];
}

const rowIf = (value: string, name: string): [string, string][] => (value === "" ? [] : [[name, value]]);
