import type { HostInspect } from "../../client/types.ts";
import { command } from "../command/command.ts";
import { humanDuration } from "../output/duration.ts";
import { type Listing, printList } from "../output/list.ts";
import { listOptions } from "../output/options.ts";

const listing = (noTrunc: boolean, now: number): Listing<HostInspect> => ({
  columns: {
    ID: { header: "ID", value: ({ id }) => (noTrunc ? id : id.slice(0, 12)) },
    Self: { header: "SELF", value: ({ self }) => (self ? "*" : "") },
    Name: {
      header: "NAME",
      value: ({ name }) => name,
      shown: ({ name, self }) => `${name}${self ? " *" : ""}`,
    },
    Address: { header: "ADDRESS", value: ({ address }) => address || "-" },
    State: { header: "STATE", value: ({ state }) => state },
    Since: { header: "SINCE", value: ({ since }) => ago(since, now) },
    SinceAt: { header: "SINCE AT", value: ({ since }) => since ?? "" },
    Version: { header: "VERSION", value: ({ version }) => version ?? "" },
    Epoch: { header: "EPOCH", value: ({ epoch }) => String(epoch) },
    Drained: { header: "DRAINED", value: ({ drained }) => (drained ? "yes" : "no") },
    Seen: { header: "SEEN", value: ({ seen }) => String(seen ?? "") },
    Lag: { header: "LAG", value: ({ lag }) => String(lag ?? "") },
    CreatedAt: { header: "CREATED AT", value: ({ created }) => created },
  },
  table: ["ID", "Name", "Address", "State", "Since", "Version", "Epoch", "Drained"],
  id: "ID",
});

const ago = (since: string | undefined, now: number): string =>
  since === undefined ? "" : `${humanDuration(now - Date.parse(since))} ago`;

const { filter: _none, ...options } = listOptions;

export const hostLs = command({
  name: "host ls",
  summary: "List the hosts of the cluster",
  options,
  notes:
    "The host that answers has a *. A host whose state is unknown gives no sign of life; its containers may run on.",
  examples: ["host ls", "host ls -q", "host ls --format '{{.ID}} {{.State}} {{.Lag}}'"],
  async run({ options, client, out }) {
    await printList(out, listing(options.noTrunc, Date.now()), await client.cluster.hosts(), options);
  },
});
