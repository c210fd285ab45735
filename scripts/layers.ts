import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";

interface Cruise {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

/** Checks the imports of `root`/src against .dependency-cruiser.cjs. Returns what is wrong, one line each. */
export function checkLayers(root: string): string[] {
  const cruiser = join(import.meta.dirname, "../node_modules/.bin/depcruise");
  const config = join(import.meta.dirname, "../.dependency-cruiser.cjs");
  const args = ["--config", config, "--output-type", "json", "src"];
  const { stdout, stderr } = spawnSync(cruiser, args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 });
  if (!stdout.startsWith("{")) throw new Error(`Cannot check layers: ${stderr || stdout}`);
  const { modules, summary } = JSON.parse(stdout) as Cruise;
  const seen = new Set(modules.map(({ source }) => source));
  // The cruiser reports success when it cannot parse TypeScript at all: an unseen file is a finding.
  const unseen = globSync("src/**/*.ts", { cwd: root }).filter((file) => !seen.has(file));
  return [
    ...unseen.map((file) => `${file}: not seen by the layer check`),
    ...summary.violations.map(({ from, to, rule }) => `${from} -> ${to}: ${rule.name}`),
    ...(seen.size === 0 ? ["no modules found"] : []),
  ];
}

if (import.meta.main) {
  const problems = checkLayers(join(import.meta.dirname, ".."));
  for (const problem of problems) console.log(`✖ ${problem}`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
