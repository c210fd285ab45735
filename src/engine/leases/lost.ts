import { releaseEndpoint } from "../endpoints/reserve.ts";
import type { Parts } from "../parts.ts";
import { isLeg } from "../plugins/leg.ts";
import { forgetLeases } from "./leased.ts";

/**
 * Forgets what endpoints had only while their sandbox was open, and that is not any more: their container ended while
 * nobody was there to write it down. Leases run out by themselves, plugins are told by their claims.
 */
export function dropLost(parts: Parts): void {
  const { state, sandboxes } = parts;
  const closed = [...state.endpoints.values()].filter(({ containerId }) => !sandboxes.get(containerId));
  const legs = closed.filter(isLeg);
  const changes = [...forgetLeases(closed), ...legs.map(({ id }) => ({ delete: "endpoint", id }) as const)];
  if (changes.length === 0) return;
  state.commit(changes);
  for (const leg of legs) releaseEndpoint(parts, leg);
}
