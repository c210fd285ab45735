import type { Example } from "./example.ts";

interface NetworkInspect {
  readonly Name: string;
  readonly IPAM: { readonly Config: readonly { readonly Subnet: string; readonly Gateway?: string }[] };
  readonly Containers: Readonly<Record<string, { readonly Name: string; readonly IPv4Address: string }>>;
}

/** A text drawing of one network: host, bridge, containers with their addresses and published ports. */
export async function drawTopology(example: Example, network: string): Promise<string> {
  const [found] = JSON.parse(await example.quietly("network", "inspect", network)) as NetworkInspect[];
  if (!found) throw new Error(`no network ${network}`);
  const [config] = found.IPAM.Config;
  const members = Object.values(found.Containers).sort((a, b) => a.Name.localeCompare(b.Name));
  const boxes = await Promise.all(
    members.map(async ({ Name, IPv4Address }) => {
      const ports = (await example.quietly("port", Name))
        .trim()
        .split("\n")
        .filter((line) => line.includes("0.0.0.0"));
      return box([
        Name,
        IPv4Address.split("/")[0] ?? "",
        ...ports.map((line) => line.replace(/^(\S+) -> 0\.0\.0\.0:(\d+)$/, "host $2 > $1")),
      ]);
    }),
  );
  const wires = boxes.map(({ width }) => center("|", width)).join("  ");
  const height = Math.max(...boxes.map(({ lines }) => lines.length));
  const rows = Array.from({ length: height }, (_, row) =>
    boxes.map(({ lines, width }) => lines[row] ?? " ".repeat(width)).join("  "),
  );
  const bus = `network ${found.Name}  ${config?.Subnet ?? ""}  gateway ${config?.Gateway ?? ""}`;
  const width = Math.max(bus.length, wires.length);
  return [
    ...box([center("host", width)]).lines,
    center("|", width + 4),
    center("=".repeat(width), width + 4),
    center(bus, width + 4),
    `  ${wires}`,
    ...rows.map((row) => `  ${row}`),
  ].join("\n");
}

function box(texts: readonly string[]): { lines: string[]; width: number } {
  const width = Math.max(...texts.map((each) => each.length));
  const edge = `+${"-".repeat(width + 2)}+`;
  return { lines: [edge, ...texts.map((each) => `| ${center(each, width)} |`), edge], width: width + 4 };
}

const center = (text: string, width: number) => text.padStart(Math.floor((width + text.length) / 2)).padEnd(width);
