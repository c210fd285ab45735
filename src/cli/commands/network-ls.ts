import type { NetworkSummary } from "../../client/types.ts";
import { command } from "../command/command.ts";
import { formatLabels, labelOf } from "../output/labels.ts";
import { type Listing, printList } from "../output/list.ts";
import { compareNatural } from "../output/natural.ts";
import { listOptions } from "../output/options.ts";
import { formatUtc } from "../output/time.ts";

const listing = (noTrunc: boolean): Listing<NetworkSummary> => ({
  columns: {
    ID: { header: "NETWORK ID", value: ({ Id }) => (noTrunc ? Id : Id.slice(0, 12)) },
    Name: { header: "NAME", value: ({ Name }) => Name },
    Driver: { header: "DRIVER", value: ({ Driver }) => Driver },
    Scope: { header: "SCOPE", value: ({ Scope }) => Scope },
    IPv4: { header: "IPV4", value: ({ EnableIPv4 }) => String(EnableIPv4) },
    IPv6: { header: "IPV6", value: ({ EnableIPv6 }) => String(EnableIPv6) },
    Internal: { header: "INTERNAL", value: ({ Internal }) => String(Internal) },
    Labels: { header: "LABELS", value: ({ Labels }) => formatLabels(Labels) },
    CreatedAt: { header: "CREATED AT", value: ({ Created }) => formatUtc(Created) },
    Label: { header: "LABEL", value: ({ Labels }) => labelOf(Labels) },
  },
  table: ["ID", "Name", "Driver", "Scope"],
  id: "ID",
});

export const networkLs = command({
  name: "network ls",
  summary: "List networks",
  options: listOptions,
  notes: "Filters: dangling, driver, id, label, name, scope, type (custom or builtin).",
  examples: ["network ls", "network ls -q -f type=custom", "network ls --format '{{.Name}}: {{.Driver}}'"],
  async run({ options, client, out }) {
    const networks = await client.networks.list(options.filter);
    networks.sort((left, right) => compareNatural(left.Name, right.Name));
    await printList(out, listing(options.noTrunc), networks, options);
  },
});
