import { invalid } from "../../base/errors.ts";
import type { Network } from "../../model/network.ts";
import type { Filters } from "../engine.ts";
import type { State } from "../state.ts";
import { timestamp } from "../timestamp.ts";

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
  label: (_state, network, value) => hasLabel(network, value),
  "label!": (_state, network, value) => !hasLabel(network, value),
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

function hasLabel(network: Network, filter: string): boolean {
  const [name = "", ...rest] = filter.split("=");
  if (!Object.hasOwn(network.labels, name)) return false;
  return rest.length === 0 || network.labels[name] === rest.join("=");
}

function oneOf(key: string, value: string, known: readonly string[]): string {
  if (known.includes(value)) return value;
  throw invalid(`filter '${key}=${value}'`, `it takes ${known.join(" or ")}`);
}

const isTrue = (key: string, value: string) => ["1", "true"].includes(oneOf(key, value, ["1", "true", "0", "false"]));

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `until`: a Unix time, a date, or how long ago ("10m", "1h30m"). */
function momentOf(text: string): string {
  if (/^\d+(\.\d+)?$/.test(text)) return timestamp(BigInt(Math.round(Number(text) * 1e9)));
  if (/^(\d+(\.\d+)?[smhd])+$/.test(text)) {
    const ago = [...text.matchAll(/([\d.]+)([smhd])/g)].reduce(
      (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? "s"] ?? 1),
      0,
    );
    return timestamp(BigInt(Date.now() - Math.round(ago * 1000)) * 1_000_000n);
  }
  const date = Date.parse(text);
  if (Number.isNaN(date))
    throw invalid(`filter 'until=${text}'`, "it takes a time stamp, a date or a duration such as 10m");
  return timestamp(BigInt(date) * 1_000_000n);
}
