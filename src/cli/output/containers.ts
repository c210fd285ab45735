import type { ContainerSummary } from "../../client/types.ts";
import { ownName } from "./container-names.ts";
import { humanDuration } from "./duration.ts";
import { formatLabels, labelOf } from "./labels.ts";
import type { Listing } from "./list.ts";
import { formatPorts } from "./ports.ts";
import { humanSize } from "./size.ts";
import { shorten } from "./table.ts";
import { formatSeconds } from "./time.ts";

/** docker: characters of a command and of a mount that a list shows. */
const commandLength = 20;
const mountLength = 15;

const namesIn = (names: readonly string[]): string => names.map((name) => name.replace(/^\//, "")).join(",");

/** Docker's columns of `ps`. */
export function containerListing(
  { noTrunc, size }: { noTrunc: boolean; size: boolean },
  now: number,
): Listing<ContainerSummary> {
  const short = (text: string, length: number): string => (noTrunc ? text : shorten(text, length));
  return {
    columns: {
      ID: { header: "CONTAINER ID", value: ({ Id }) => (noTrunc ? Id : Id.slice(0, 12)) },
      Image: { header: "IMAGE", value: ({ Image }) => Image || "<no image>" },
      Command: { header: "COMMAND", value: ({ Command }) => JSON.stringify(short(Command, commandLength)) },
      RunningFor: { header: "CREATED", value: ({ Created }) => `${humanDuration(now - Created * 1000)} ago` },
      Status: { header: "STATUS", value: ({ Status }) => Status },
      Ports: { header: "PORTS", value: ({ Ports }) => formatPorts(Ports ?? []) },
      Names: { header: "NAMES", value: ({ Names }) => (noTrunc ? namesIn(Names) : (ownName(Names) ?? "")) },
      Size: { header: "SIZE", value: ({ SizeRw }) => humanSize(SizeRw ?? 0) },
      State: { header: "STATE", value: ({ State }) => State },
      CreatedAt: { header: "CREATED AT", value: ({ Created }) => formatSeconds(Created) },
      Networks: {
        header: "NETWORKS",
        value: (row) =>
          Object.keys(row.NetworkSettings?.Networks ?? {})
            .sort()
            .join(","),
      },
      Mounts: {
        header: "MOUNTS",
        value: ({ Mounts }) => (Mounts ?? []).map((one) => short(one.Name ?? one.Source, mountLength)).join(","),
      },
      LocalVolumes: {
        header: "LOCAL VOLUMES",
        value: ({ Mounts }) => String((Mounts ?? []).filter(({ Driver }) => Driver === "local").length),
      },
      Labels: { header: "LABELS", value: ({ Labels }) => formatLabels(Labels) },
      Label: { header: "LABEL", value: ({ Labels }) => labelOf(Labels) },
    },
    table: ["ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names", ...(size ? ["Size"] : [])],
    id: "ID",
  };
}
