import type { Case, CommandStep, EventsStep, QueryStep, RequestStep, Step } from "./case.ts";
import { contains, mismatches } from "./expect.ts";
import { type Names, shape } from "./normalise.ts";
import { type Answer, inProcess, type Subject, send } from "./subject.ts";

/** What an engine did in one step. */
export interface Seen {
  readonly step: string;
  /** Where it is not what the case says. */
  readonly problems: readonly string[];
  /** What must be alike in both engines. */
  readonly compared?: unknown;
}

/** Carries the steps of a case out, one after the other, whatever comes of them. */
export async function carryOut(
  subject: Subject,
  steps: readonly Step[],
  names: Names,
  made: string[],
): Promise<Seen[]> {
  const run = new Run(subject, names, made);
  const seen: Seen[] = [];
  for (const step of steps) seen.push(await run.step(step));
  return seen;
}

/** Removes what a case has made: containers first. */
export async function clear(subject: Subject, made: readonly string[]): Promise<void> {
  const order = ["/containers/", "/networks/", "/volumes/"];
  for (const kind of order) {
    for (const path of made.filter((one) => one.startsWith(kind)).toReversed()) {
      const force = kind === "/containers/" ? "?force=1&v=1" : "";
      const { status, text } = await send(subject, { method: "DELETE", path: `${path}${force}` });
      if (status !== 404 && status >= 300 && status !== 409)
        throw new Error(`${subject.name}: cannot remove ${path}: ${status} ${text}`);
    }
  }
}

class Run {
  readonly #subject: Subject;
  readonly #names: Names;
  readonly #made: string[];
  readonly #began = now();

  constructor(subject: Subject, names: Names, made: string[]) {
    this.#subject = subject;
    this.#names = names;
    this.#made = made;
  }

  step(step: Step): Promise<Seen> {
    if ("call" in step) return this.#request(step);
    if ("dig" in step) return this.#query(step);
    if ("events" in step) return this.#events(step);
    return this.#command(step);
  }

  async #request(step: RequestStep): Promise<Seen> {
    const [method = "", ...words] = this.#names.fill(step.call).split(" ");
    const path = words.join(" ").replace(/["{}[\] ]/g, encodeURIComponent);
    const answer = await send(this.#subject, { method, path, ...this.#content(step) });
    this.#keep(path, step, answer);
    const text = this.#names.normalise((answer.json as { message?: string } | undefined)?.message ?? answer.text);
    const body = this.#names.normaliseAll(answer.json);
    const problems = [
      ...statusProblems(step.gives, answer.status, text),
      ...(step.shows === undefined ? [] : mismatches(body ?? text, step.shows)),
      ...(step.lists === undefined ? [] : listProblems(answer.json, step.lists, text)),
      ...(step.answers === undefined ? [] : mismatches(answer.headers, step.answers)),
    ];
    return { step: step.call, problems, ...comparedOf(step, body) };
  }

  #content({ body, headers }: RequestStep) {
    if (body === undefined) return { headers: headers ?? {} };
    const text = this.#names.fill(typeof body === "string" ? body : JSON.stringify(body));
    return { headers: { "content-type": "application/json", ...headers }, body: text };
  }

  /** Notes what has been made, so that it is removed even if it should not have been made. */
  #keep(path: string, { as }: RequestStep, { status, json }: Answer): void {
    const { Id: id, Name: name } = (json ?? {}) as { Id?: string; Name?: string };
    if (as !== undefined && id !== undefined) this.#names.keep(as, id);
    if (status !== 201) return;
    const [, kind = ""] = /^(?:\/v[\d.]+)?\/(\w+)\/create/.exec(path) ?? [];
    if (kind !== "") this.#made.push(`/${kind}/${id ?? name}`);
  }

  async #command({ in: place, run, exits = 0, prints = [], outOfFiles }: CommandStep): Promise<Seen> {
    const argv = (typeof run === "string" ? run.split(" ") : run).map((word) => this.#names.fill(word));
    const { code, stdout, stderr } = await this.#exec(place, argv, !outOfFiles);
    const text = this.#names.normalise(`${stdout}${stderr}`).trimEnd();
    const ended = exits === "not 0" ? code !== 0 : code === exits;
    const problems = [
      ...(ended ? [] : [`ended with ${code}, wanted ${exits}: ${text}`]),
      ...[prints].flat().flatMap((wanted) => printProblems(text, wanted)),
    ];
    return { step: `${place}: ${argv.join(" ")}`, problems };
  }

  async #exec(place: string, argv: readonly string[], files = true) {
    const { host } = this.#subject;
    if (place === "host") return host.exec(argv, { timeoutMs: 20_000 });
    if (place === "outside") return host.exec(["ip", "netns", "exec", "outside", ...argv], { timeoutMs: 20_000 });
    const { json } = await send(this.#subject, { method: "GET", path: `/containers/${this.#names.id(place)}/json` });
    const pid = (json as { State?: { Pid?: number } } | undefined)?.State?.Pid;
    if (!pid) return { code: null, stdout: "", stderr: `container ${place} does not run` };
    return inProcess(this.#subject, pid, argv, files);
  }

  async #query({ in: place, dig, status = "NOERROR", answers }: QueryStep): Promise<Seen> {
    const words = this.#names.fill(dig).split(" ");
    const argv = ["dig", "@127.0.0.11", "+time=3", "+tries=1", "+noall", "+comments", "+answer", ...words];
    const { stdout } = await this.#exec(place, argv, false);
    const said = /status: (\w+)/.exec(stdout)?.[1] ?? "no answer";
    const records = stdout.split("\n").filter((line) => line !== "" && !line.startsWith(";"));
    const data = records.map((line) => this.#names.normalise(line.split(/\s+/).slice(4).join(" "))).toSorted();
    const wanted = [...answers].toSorted();
    const problems = [
      ...(said === status ? [] : [`status is ${said}, wanted ${status}`]),
      ...mismatches(data, wanted, "answers"),
    ];
    return { step: `${place}: dig ${dig}`, problems };
  }

  async #events({ events, gives }: EventsStep): Promise<Seen> {
    const filters = encodeURIComponent(this.#names.fill(JSON.stringify(events)));
    // A little later than now: what was answered may be told of a moment after.
    const path = `/events?since=${this.#began}&until=${now(0.5)}&filters=${filters}`;
    const { text } = await send(this.#subject, { method: "GET", path });
    const lines = text.split("\n").filter((line) => line !== "");
    const seen = lines.map((line) => this.#names.normalise(eventText(JSON.parse(line) as EventJson)));
    return { step: `events ${JSON.stringify(events)}`, problems: mismatches(seen, gives, "events") };
  }
}

const now = (later = 0): string => (Date.now() / 1000 + later).toFixed(6);

interface EventJson {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
}

function eventText({ Type, Action, Actor }: EventJson): string {
  const attributes = Object.entries(Actor.Attributes).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [Type, Action, Actor.ID, ...attributes.map(([name, value]) => `${name}=${value}`)].join(" ");
}

function statusProblems(gives: number | string, status: number, text: string): string[] {
  const [wanted = "", ...words] = String(gives).split(" ");
  if (String(status) !== wanted) return [`answers ${status}, wanted ${gives}: ${text.slice(0, 400)}`];
  const part = words.join(" ");
  return contains(text, part) ? [] : [`says "${text.slice(0, 400)}", wanted "${part}"`];
}

function listProblems(json: unknown, wanted: readonly string[], text: string): string[] {
  if (!Array.isArray(json)) return json === null ? mismatches([], wanted) : [`is no list: ${text.slice(0, 200)}`];
  const names = json.map((item: { Name?: string; Names?: string[] } | string) =>
    typeof item === "string" ? item : (item.Name ?? item.Names?.[0]?.replace(/^\//, "") ?? "?"),
  );
  return mismatches(names.toSorted(), [...wanted].toSorted(), "names");
}

function printProblems(text: string, wanted: string): string[] {
  if (wanted.startsWith("!")) return contains(text, wanted.slice(1)) ? [`prints "${wanted.slice(1)}": ${text}`] : [];
  return contains(text, wanted) ? [] : [`does not print "${wanted}" but ${JSON.stringify(text.slice(0, 600))}`];
}

/** What bodies have in every version since a later one than Docker's daemon here speaks. */
const newerFields = new Set(["EnableIPv4"]);

function comparedOf({ alike }: RequestStep, body: unknown): { compared?: unknown } {
  if (alike === undefined) return {};
  const old = without(newerFields, body);
  return { compared: alike === "values" ? old : shape(old) };
}

function without(fields: ReadonlySet<string>, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => without(fields, item));
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !fields.has(key));
  return Object.fromEntries(kept.map(([key, item]) => [key, without(fields, item)]));
}

/** What a case shows of an engine, for the message of a failure. */
export const problemsOf = (seen: readonly Seen[]): string[] =>
  seen.flatMap(({ step, problems }, index) => problems.map((problem) => `${index + 1}. ${step}: ${problem}`));

export type { Case };
