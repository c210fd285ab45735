import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerSummary } from "../../client/types.ts";
import { containerListing } from "./containers.ts";

test("containerListing() counts volumes of the local driver, not binds", () => {
  const { columns } = containerListing({ noTrunc: false, size: false }, 0);
  const volume = { Type: "volume", Name: "pages", Source: "/v", Driver: "local" };
  const shown = (Mounts: ContainerSummary["Mounts"]) =>
    columns["LocalVolumes"]?.value({ Mounts: Mounts ?? null } as ContainerSummary);
  assert.deepEqual([shown([volume, { Type: "bind", Source: "/b" }]), shown(null)], ["1", "0"]);
});

test("containerListing() shows a container's own name, and with --no-trunc those that links give it", () => {
  const row = { Names: ["/linker/aim", "/target"] } as unknown as ContainerSummary;
  const shown = (noTrunc: boolean) => containerListing({ noTrunc, size: false }, 0).columns["Names"]?.value(row);
  assert.deepEqual([shown(false), shown(true)], ["target", "linker/aim,target"]);
});
