import type { PortSummary } from "../../client/types.ts";

/** Consecutive ports of one address and protocol, all moved by the same number. */
interface Run {
  readonly ip: string;
  readonly type: string;
  /** Host port minus container port; undefined for a port that is exposed only. */
  readonly shift: number | undefined;
  readonly first: number;
  last: number;
}

/**
 * The PORTS column, as docker writes it: "80/tcp, 0.0.0.0:8000-8010->8000-8010/tcp". Docker makes one entry only of
 * runs whose ports are the same on both sides; here any run is one.
 */
export function formatPorts(ports: readonly PortSummary[]): string {
  const open = new Map<string, Run>();
  const closed: Run[] = [];
  for (const port of [...ports].sort(comparePorts)) {
    const shift = port.PublicPort === undefined ? undefined : port.PublicPort - port.PrivatePort;
    const key = `${port.IP ?? ""}/${port.Type}/${shift}`;
    const run = open.get(key);
    if (run && run.last + 1 === port.PrivatePort) {
      run.last++;
      continue;
    }
    if (run) closed.push(run);
    open.set(key, { ip: port.IP ?? "", type: port.Type, shift, first: port.PrivatePort, last: port.PrivatePort });
  }
  const runs = [...closed, ...open.values()];
  const moved = (run: Run) => run.shift !== undefined && run.shift !== 0;
  return [...runs.filter((run) => !moved(run)), ...runs.filter(moved)].map(formatRun).join(", ");
}

function formatRun({ ip, type, shift, first, last }: Run): string {
  const inside = `${range(first, last)}/${type}`;
  return shift === undefined ? inside : `${bracketed(ip)}:${range(first + shift, last + shift)}->${inside}`;
}

const range = (first: number, last: number): string => (first === last ? String(first) : `${first}-${last}`);

/** "[::]", "0.0.0.0". */
export const bracketed = (ip: string): string => (ip.includes(":") ? `[${ip}]` : ip);

function comparePorts(left: PortSummary, right: PortSummary): number {
  return (
    left.PrivatePort - right.PrivatePort ||
    byText(left.IP ?? "", right.IP ?? "") ||
    (left.PublicPort ?? 0) - (right.PublicPort ?? 0) ||
    byText(left.Type, right.Type)
  );
}

const byText = (left: string, right: string): number => Number(left > right) - Number(left < right);
