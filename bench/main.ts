import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, release } from "node:os";
import { join } from "node:path";
import { measureConnect } from "./connect.ts";
import { measureConsul } from "./consul.ts";
import { measureContainers } from "./containers.ts";
import { measureDns } from "./dns.ts";
import { measureForwarding } from "./forwarding.ts";
import { measureLaunch } from "./launch.ts";
import { measureColdStart } from "./overlay/cold-start.ts";
import { measureDaemon } from "./overlay/daemon.ts";
import { measurePropagation } from "./overlay/propagation.ts";
import { measureOverlayData } from "./overlay-data.ts";
import { measureBesideDockerd } from "./peer/beside-dockerd.ts";
import { measurePorts } from "./ports.ts";
import { meets, type Row } from "./row.ts";

/*
 * node bench/main.ts [name...]: measures what is named, or everything, in throw-away hosts, and prints a table. "overlay"
 * stands for all that begin with "overlay-". A whole run is kept beside this script in results.md and results.json, and so
 * are, with --keep, the sections that are named. Needs root.
 */
const sections: Readonly<Record<string, () => Promise<Row[]>>> = {
  connect: measureConnect,
  ports: measurePorts,
  launch: measureLaunch,
  containers: measureContainers,
  "containers-beside-dockerd": measureBesideDockerd,
  dns: async () => (await measureDns()).map(withDnsGoal),
  "overlay-data": measureOverlayData,
  "overlay-forwarding": measureForwarding,
  "overlay-propagation": measurePropagation,
  "overlay-cold-start": measureColdStart,
  "overlay-daemon": measureDaemon,
  consul: measureConsul,
};

const withDnsGoal = (row: Row): Row =>
  row.what.startsWith("DNS, own names, recvmmsg") ? { ...row, goal: { atLeast: 100_000 } } : row;

const show = (value: number, unit: Row["unit"]): string =>
  unit === "queries/s"
    ? Math.round(value).toLocaleString("en")
    : value.toFixed(unit.startsWith("MB") && value >= 20 ? 0 : 2);

function cells(row: Row): string[] {
  const { what, value, p99, unit, goal } = row;
  const measured = [what, show(value, unit), p99 === undefined ? "" : show(p99, unit), unit];
  if (!goal) return [...measured, "", ""];
  const limit = "atMost" in goal ? `at most ${goal.atMost}` : `at least ${goal.atLeast.toLocaleString("en")}`;
  return [...measured, limit, meets(row) ? "yes" : "no"];
}

function table(rows: readonly Row[]): string {
  const head = ["what", "median", "p99", "unit", "goal", "met"];
  const lines = [head, ...rows.map(cells)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const [first, ...rest] = lines.map(
    (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`,
  );
  return [first, `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rest].join("\n");
}

/** Into the files beside this script, in the place of what they have of these sections. */
function keepResults(measured: Readonly<Record<string, Row[]>>, notes: Readonly<Record<string, string>>): void {
  const file = join(import.meta.dirname, "results.json");
  const before = (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { results: {} }) as Kept;
  const kept = { results: { ...before.results, ...measured }, notes: { ...before.notes, ...notes } };
  const machine = { kernel: release(), cores: availableParallelism(), node: process.version };
  const title = `# Results of \`npm run bench\`\n\nLinux ${machine.kernel}, ${machine.cores} cores, Node ${machine.node}.\n`;
  const parts = Object.keys(sections).flatMap((name) => {
    const [rows, note] = [kept.results[name], kept.notes[name]];
    return rows ? [`\n## ${name}\n\n${note === undefined ? "" : `${note}\n\n`}${table(rows)}\n`] : [];
  });
  writeFileSync(join(import.meta.dirname, "results.md"), title + parts.join(""));
  writeFileSync(file, `${JSON.stringify({ machine, ...kept }, undefined, 2)}\n`);
}

interface Kept {
  readonly results: Readonly<Record<string, Row[]>>;
  readonly notes?: Readonly<Record<string, string>>;
}

const asks = (wish: string, name: string): boolean => name === wish || name.startsWith(`${wish}-`);
const keep = process.argv.includes("--keep");
const wanted = process.argv.slice(2).filter((word) => word !== "--keep");
const unknown = wanted.filter((wish) => !Object.keys(sections).some((name) => asks(wish, name)));
if (unknown.length > 0 || process.getuid?.() !== 0) {
  const names = Object.keys(sections).join(", ");
  console.error(unknown.length > 0 ? `bench: no ${unknown.join(", ")}; there are ${names}` : "bench: needs root");
  process.exit(2);
}
const busy = (): string => (loadavg()[0] ?? 0).toFixed(1);
const results: Record<string, Row[]> = {};
const notes: Record<string, string> = {};
for (const [name, measure] of Object.entries(sections)) {
  if (wanted.length > 0 && !wanted.some((wish) => asks(wish, name))) continue;
  console.error(`bench: ${name} ...`);
  const before = busy();
  results[name] = await measure();
  notes[name] = `Load average of the machine: ${before} before, ${busy()} after.`;
  console.log(`${table(results[name])}\n`);
}
if (wanted.length === 0 || keep) keepResults(results, notes);
