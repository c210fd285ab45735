// The import table of CONTRIBUTING.md as code: imports point down only, siblings never meet.
const layers = {
  base: [],
  model: ["base"],
  contracts: ["base", "model"],
  kernel: ["base", "contracts"],
  ipam: ["base", "model", "contracts"],
  dns: ["base", "model", "contracts"],
  store: ["base", "model", "contracts"],
  firewall: ["base", "model", "contracts"],
  ports: ["base", "model", "contracts"],
  cluster: ["base", "model", "contracts"],
  dhcp: ["base", "model", "contracts"],
  plugins: ["base", "model", "contracts"],
  runtime: ["base", "model", "contracts"],
  drivers: ["base", "model", "contracts"],
  engine: ["base", "model", "contracts"],
  api: ["base", "model", "contracts", "engine"],
  client: ["base", "model"],
  cli: ["base", "client"],
};
// Tests, and what only they use, may reach across: they put the real parts together.
const own = "[.]test[.]ts$|/testing/";

module.exports = {
  forbidden: [
    ...Object.entries(layers).map(([layer, allowed]) => ({
      name: `${layer}-imports-down-only`,
      severity: "error",
      from: { path: `^src/${layer}/`, pathNot: own },
      to: { path: "^src/", pathNot: `^src/(${[layer, ...allowed].join("|")})/` },
    })),
    {
      name: "no-sibling-driver",
      severity: "error",
      from: { path: "^src/drivers/([^/]+)/" },
      to: { path: "^src/drivers/([^/]+)/", pathNot: "^src/drivers/$1/" },
    },
    {
      name: "testing-is-for-tests",
      severity: "error",
      from: { path: "^src/", pathNot: own },
      to: { path: own },
    },
    {
      name: "ffi-in-one-folder",
      severity: "error",
      from: { pathNot: "^src/kernel/ffi/" },
      to: { path: "node_modules/koffi" },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "types"] },
  },
};
