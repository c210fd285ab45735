import { invalid } from "../../base/errors.ts";
import type { Container } from "../../model/container.ts";
import { stateWord } from "../../model/container-state.ts";
import type { Filters } from "../engine.ts";
import { hasLabel, momentOf, oneOf } from "../filter-values.ts";
import { findContainer } from "../reference.ts";
import type { State } from "../state.ts";

type Test = (container: Container) => boolean;
/** Made once per value, so that what is costly or may be refused is done before the first container. */
type Matcher = (value: string, state: State) => Test;

const booleans = ["1", "true", "0", "false"];

/** Docker's filters of `ps` and `container prune`; values of one key are alternatives. */
const matchers: Readonly<Record<string, Matcher>> = {
  id: (value) => (container) => container.id.startsWith(value),
  name: byName,
  status: (value) => (container) => stateWord(container.state) === value,
  exited: byExitCode,
  ancestor: (value) => (container) => hasAncestor(container, value),
  network: byNetwork,
  publish: (value) => byPort("publish", value, ({ ports }) => ports.map((p) => [p.hostPort, p.protocol])),
  expose: (value) => byPort("expose", value, ({ config }) => config.exposed.map((p) => [p.port, p.protocol])),
  before: (value, state) => beside(findContainer(state, value), state, "before"),
  since: (value, state) => beside(findContainer(state, value), state, "since"),
  volume: (value) => (container) =>
    container.config.mounts.some(({ source, target }) => source === value || target === value),
  until: (value) => {
    const moment = momentOf(value);
    return (container) => container.created < moment;
  },
  health: (value) => {
    oneOf("health", value, ["starting", "healthy", "unhealthy", "none"]);
    return ({ state }) => (state.health?.status ?? "none") === value;
  },
  "is-task": (value) => {
    const no = ["0", "false"].includes(oneOf("is-task", value, booleans));
    return () => no;
  },
};

/** These must all match, as in Docker. */
const labelMatchers: Readonly<Record<string, Matcher>> = {
  label: (value) => (container) => hasLabel(container.config.labels, value),
  "label!": (value) => (container) => !hasLabel(container.config.labels, value),
};

/** Throws INVALID for a filter or value that Docker would refuse. */
export function containerMatcher({ state }: { state: State }, filters: Filters): Test {
  const tests = Object.entries(filters).map(([key, values]): Test => {
    const matcher = labelMatchers[key] ?? matchers[key];
    if (!matcher)
      throw invalid(`filter '${key}'`, `known are ${[...Object.keys(matchers), "label", "label!"].join(", ")}`);
    const each = values.map((value) => matcher(value, state));
    if (key in labelMatchers) return (container) => each.every((test) => test(container));
    return (container) => each.length === 0 || each.some((test) => test(container));
  });
  return (container) => tests.every((test) => test(container));
}

/** Docker takes a regular expression, and shows names with a slash in front. */
function byName(value: string): Test {
  const pattern = toPattern(value);
  return ({ name }) => name.includes(value) || pattern?.test(name) === true || pattern?.test(`/${name}`) === true;
}

function toPattern(text: string): RegExp | undefined {
  try {
    return new RegExp(text);
  } catch {
    // No regular expression: only the text itself is looked for.
    return undefined;
  }
}

function byExitCode(value: string): Test {
  const code = Number(value);
  if (!/^\d+$/.test(value)) throw invalid(`filter 'exited=${value}'`, "it takes an exit code");
  return ({ state }) => state.status === "exited" && !state.restarting && state.exitCode === code;
}

function hasAncestor({ config: { rootfs } }: Container, value: string): boolean {
  if (rootfs.kind !== "image") return rootfs.kind === "directory" ? rootfs.path === value : value === "host";
  const { reference, imageId } = rootfs;
  const names = [reference, reference.replace(/:[^:/]*$/, ""), imageId, imageId.replace("sha256:", "")];
  return names.includes(value) || (/^[0-9a-f]{12,}$/.test(value) && imageId.startsWith(`sha256:${value}`));
}

function byNetwork(value: string, state: State): Test {
  return ({ id }) =>
    state.endpointsOf(id).some(({ networkId }) => {
      const network = state.networks.get(networkId);
      return value !== "" && (network?.name === value || networkId.startsWith(value));
    });
}

/** "80", "80/tcp", "8000-8010/udp"; any protocol without one is TCP, as in Docker. */
function byPort(key: string, value: string, portsOf: (container: Container) => (readonly [number, string])[]): Test {
  const [, from, to = from, protocol = "tcp"] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/.exec(value) ?? [];
  if (from === undefined) throw invalid(`filter '${key}=${value}'`, "it takes PORT[-PORT][/PROTOCOL]");
  const [first, last] = [Number(from), Number(to)];
  return (container) => portsOf(container).some(([port, own]) => own === protocol && port >= first && port <= last);
}

/** Created before or after another one: the registry is in the order of creation. */
function beside(other: Container, { containers }: State, side: "before" | "since"): Test {
  const ids = [...containers.keys()];
  const at = ids.indexOf(other.id);
  const wanted = new Set(side === "before" ? ids.slice(0, at) : ids.slice(at + 1));
  return ({ id }) => wanted.has(id);
}
