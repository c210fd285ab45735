import { invalid } from "../../base/errors.ts";
import type { Network } from "../../model/network.ts";
import type { Filters } from "../engine.ts";
import { hasLabel, momentOf, oneOf } from "../filter-values.ts";
import type { State } from "../state.ts";

type Matcher = (state: State, network: Network, value: string) => boolean;

/** Docker's filters of `network ls` and `network prune`; values of one key are alternatives, unless the note says all. */
const matchers: Readonly<Record<string, Matcher>> = {
  id: (_state, network, value) => network.id.startsWith(value),
  name: (_state, network, value) => network.name.includes(value),
  driver: (_state, network, value) => network.driver === value,
  scope: (_state, network, value) => network.scope === value,
  type: (_state, network, value) => (oneOf("type", value, ["builtin", "custom"]) === "builtin") === network.builtIn,
  dangling: (state, network, value) => isTrue("dangling", value) === isDangling(state, network),
  until: (_state, network, value) => network.created < momentOf(value),
};

/** `label` and `label!` must all match, as in Docker. */
const labelMatchers: Readonly<Record<string, Matcher>> = {
  label: (_state, network, value) => hasLabel(network.labels, value),
  "label!": (_state, network, value) => !hasLabel(network.labels, value),
};

/** Throws INVALID for a filter or value that Docker would refuse. */
export function matchesNetwork(state: State, network: Network, filters: Filters): boolean {
  return Object.entries(filters).every(([key, values]) => {
    const all = labelMatchers[key];
    if (all) return values.every((value) => all(state, network, value));
    const any = matchers[key];
    if (!any)
      throw invalid(
        `filter '${key}'`,
        `known are ${[...Object.keys(matchers), ...Object.keys(labelMatchers)].join(", ")}`,
      );
    return values.length === 0 || values.some((value) => any(state, network, value));
  });
}

function isDangling(state: State, network: Network): boolean {
  return (
    !network.builtIn &&
    !state.endpointsOn(network.id).some(({ containerId }) => state.containers.get(containerId)?.sandboxId)
  );
}

const isTrue = (key: string, value: string) => ["1", "true"].includes(oneOf(key, value, ["1", "true", "0", "false"]));
