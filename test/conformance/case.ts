import type { DifferenceId } from "./differences.ts";

/**
 * One request of the Engine API and what is to be seen of its answer. `{web}` in a path or body is the id of what an
 * earlier step kept as "web", `{web:12}` its first twelve digits; in what is seen, ids are turned into these again.
 */
export interface RequestStep {
  /** "POST /networks/create"; with "/v1.24" in front of the path for that version. */
  readonly call: string;
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Keeps the id in the answer under this name. What is created is removed at the end of the case. */
  readonly as?: string;
  /** The status, and with a text behind it what the answer's message (or plain text) contains; "..." stands for anything. */
  readonly gives: number | string;
  /** What the body contains: objects by the fields named, lists in full, "..." in a text for anything, undefined for "is not there". */
  readonly shows?: unknown;
  /** Names in the answer's list, in any order. */
  readonly lists?: readonly string[];
  /** Headers of the answer, as `shows`. */
  readonly answers?: Readonly<Record<string, string | undefined>>;
  /** What Docker's daemon must answer alike to the letter: the values, or only fields and the kinds of their values. */
  readonly alike?: "values" | "shape";
}

/** A command in a container's namespaces, on the host, or on the machine beside it. */
export interface CommandStep {
  /** A container kept by an earlier step, "host" or "outside". */
  readonly in: string;
  /** Words are split at blanks; a list is taken as it is. Containers have busybox. */
  readonly run: string | readonly string[];
  /** In the container's network only, with the host's programs and files. */
  readonly outOfFiles?: true;
  /** Exit code; 0 when absent. "not 0" for any failure. */
  readonly exits?: number | "not 0";
  /** Texts the output has, each with "..." for anything; a text with "!" in front must not be there. */
  readonly prints?: string | readonly string[];
}

/** A DNS query to the resolver of a container, with dig. */
export interface QueryStep {
  readonly in: string;
  /** dig's words: "web A", "-x 10.1.0.2", "+tcp web". */
  readonly dig: string;
  readonly status?: string;
  /** Data of the answers, in any order. */
  readonly answers: readonly string[];
}

/** The events since the beginning of the case, one "TYPE ACTION name=value ..." each. */
export interface EventsStep {
  readonly events: Readonly<Record<string, readonly string[]>>;
  readonly gives: readonly string[];
}

export type Step = RequestStep | CommandStep | QueryStep | EventsStep;

/** What one engine does with a few requests. */
export interface Case {
  /** A sentence: what is asked, and what comes of it. */
  readonly name: string;
  /** Rows of Docker's own behaviour tables that it carries out: see moby-rows.ts. */
  readonly moby?: readonly string[];
  /** Where Docker's daemon (20.10 here) does something else, and why that is so. */
  readonly differs?: readonly DifferenceId[];
  /** Needs an API that Docker's daemon here does not speak: judged by what is known of Docker 28 alone. */
  readonly newer?: true;
  /** Why Docker's daemon is not asked. */
  readonly alone?: string;
  readonly steps: readonly Step[];
}

/** Cases that share networks and containers, made once. */
export interface Area {
  readonly title: string;
  /** Flags of Fairlead's daemon and of Docker's. */
  readonly flags?: readonly string[];
  /** Runs DNS servers on the machine outside: test/system/names/dns-server.ts at 192.0.2.2 and .3, none at .4. */
  readonly servers?: true;
  readonly given?: readonly Step[];
  readonly cases: readonly Case[];
}

/** Matches any value in `shows`. */
export const any = "...";

/** A case of a single request that is refused. */
export const refused = (name: string, call: string, body: unknown, gives: string, more: Partial<Case> = {}): Case => ({
  name,
  steps: [{ call, body, gives }],
  ...more,
});

/** Steps that make and start a container which waits; `body` has what is special. */
export function running(name: string, body: Readonly<Record<string, unknown>> = {}): Step[] {
  return [created(name, body), { call: `POST /containers/{${name}}/start`, gives: 204 }];
}

/** A step that makes a container which waits when it is started, on the default bridge or where `body` says. */
export function created(name: string, body: Readonly<Record<string, unknown>> = {}): RequestStep {
  const wait = { Image: "conformance", Cmd: ["sleep", "1000000"], StopSignal: "SIGKILL", ...exposing(body) };
  return { call: `POST /containers/create?name=${name}`, body: { ...wait, ...body }, as: name, gives: 201 };
}

/** As docker's CLI does it: what is published is exposed, too. */
function exposing({ HostConfig: host }: Readonly<Record<string, unknown>>): object {
  const published = Object.keys((host as { PortBindings?: object } | undefined)?.PortBindings ?? {});
  return published.length > 0 ? { ExposedPorts: Object.fromEntries(published.map((port) => [port, {}])) } : {};
}

/** A step that makes a network with a subnet, so that addresses are known: 10.<n>.0.0/24 and, dual, fd00:<n>::/64. */
export function network(name: string, n: number, body: Readonly<Record<string, unknown>> = {}): RequestStep {
  const pools = [{ Subnet: `10.${n}.0.0/24` }, ...(body["EnableIPv6"] ? [{ Subnet: `fd00:${n}::/64` }] : [])];
  const whole = { Name: name, Driver: "bridge", IPAM: { Config: pools }, ...body };
  return { call: "POST /networks/create", body: whole, as: name, gives: 201 };
}

/** NetworkingConfig with these endpoints, and the first as the mode. */
export function on(endpoints: Readonly<Record<string, unknown>>, host: Readonly<Record<string, unknown>> = {}) {
  return {
    HostConfig: { NetworkMode: Object.keys(endpoints)[0], ...host },
    NetworkingConfig: { EndpointsConfig: endpoints },
  };
}
