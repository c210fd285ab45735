import type { Recorded } from "./fake-daemon.ts";

/** What is recorded of one command line. */
export interface Outcome {
  readonly argv: readonly string[];
  readonly requests: readonly Recorded[];
  readonly stdout: string;
  readonly exitCode: number;
}

/**
 * Requests that change something or ask for a list, in a fixed order, without what means nothing: docker's CLI sends
 * every field of its structures, looks at objects before it uses them, and works on several at a time.
 */
export function normaliseRequests(requests: readonly Recorded[]): Recorded[] {
  return (
    requests
      .filter(
        ({ method, path }) =>
          method !== "GET" || /^\/(networks|containers\/json|images\/json|events)$|\/logs$/.test(path),
      )
      // A detached docker waits for the end all the same, in case the start fails.
      .filter(({ path }) => !path.endsWith("/wait"))
      .map(({ method, path, query, body }) => ({
        method,
        // docker logs asks for the id it has found, we for the name.
        path: path.endsWith("/logs") ? "/containers/web/logs" : path,
        query: normaliseQuery(query),
        body: meaning(body) ?? null,
      }))
      .sort((left, right) => (sortKey(left) < sortKey(right) ? -1 : 1))
  );
}

const sortKey = ({ method, path }: Recorded): string => `${path} ${method}`;

/** Older filters are maps to true; an empty set of them is none at all. */
function normaliseQuery(query: Recorded["query"]): Record<string, string> {
  const entries = Object.entries(query).flatMap(([key, value]): [string, string][] => {
    if (key !== "filters") return [[key, Number(value) ? String(Number(value)) : value]];
    const filters = JSON.parse(value) as Record<string, Record<string, boolean> | string[]>;
    const lists = Object.entries(filters).map(([name, values]) => [
      name,
      (Array.isArray(values) ? values : Object.keys(values)).sort(),
    ]);
    return lists.length > 0 ? [[key, JSON.stringify(Object.fromEntries(lists.sort()))]] : [];
  });
  return Object.fromEntries(entries.sort());
}

const defaults: Readonly<Record<string, unknown>> = { MemorySwappiness: -1, RestartPolicy: { Name: "no" } };
/** Whether a client means to attach is of no consequence for a container. */
const ignored = new Set(["AttachStdin", "AttachStdout", "AttachStderr", "StdinOnce", "Tty", "Detach"]);
/** Maps whose keys say something though their values are empty. */
const keyed = new Set(["ExposedPorts", "Volumes", "Labels", "Options", "EndpointsConfig", "DriverOpts", "Tmpfs"]);

/** The value without empty fields; undefined when nothing is left. */
function meaning(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => meaning(item) ?? null);
    // Docker's CLI keeps these in a Go map, whose order is random.
    if (key === "Config") items.sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
    return items.some((item) => item !== null && item !== "" && item !== 0) || key === "PortBindings"
      ? items
      : undefined;
  }
  if (typeof value !== "object" || value === null) return value || undefined;
  const fields = Object.entries(value)
    .filter(([name]) => !ignored.has(name) || keyed.has(key))
    .map(([name, item]): [string, unknown] => [
      name,
      keep(key) ? (meaning(item, key === "PortBindings" ? key : name) ?? null) : meaning(item, name),
    ])
    .filter(([name, item]) => item !== undefined && JSON.stringify(item) !== JSON.stringify(defaults[name]));
  return fields.length > 0 ? Object.fromEntries(fields.sort(([left], [right]) => (left < right ? -1 : 1))) : undefined;
}

const keep = (key: string): boolean => (keyed.has(key) && key !== "EndpointsConfig") || key === "PortBindings";
