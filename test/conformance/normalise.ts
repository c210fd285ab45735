/** Ids an engine gave out, by the names that a case's steps keep them under. */
export class Names {
  readonly #ids = new Map<string, string>();

  keep(name: string, id: string): void {
    this.#ids.set(name, id);
  }

  id(name: string): string | undefined {
    return this.#ids.get(name);
  }

  /** Puts ids in the place of `{name}` and `{name:12}`; `{shared}` is what two ids begin with. */
  fill(text: string): string {
    return text.replace(/\{([A-Za-z][\w-]*)(?::(\d+))?\}/g, (whole, name: string, digits?: string) => {
      const id = name === "shared" ? this.#shared() : this.#ids.get(name);
      return id === undefined ? whole : id.slice(0, digits === undefined ? undefined : Number(digits));
    });
  }

  /** The digit that two of the ids begin with which are kept as pre0, pre1 and so on: others may be gone. */
  #shared(): string | undefined {
    const candidates = [...this.#ids].filter(([name]) => /^pre\d+$/.test(name));
    const digits = candidates.map(([, id]) => id.slice(0, 1));
    return digits.find((digit, index) => digits.indexOf(digit) !== index);
  }

  /** What differs from run to run by what it is: ids, hardware addresses, times. */
  normalise(text: string): string {
    let known = text;
    for (const [name, id] of this.#ids) {
      known = known.replaceAll(id, `{${name}}`).replaceAll(id.slice(0, 12), `{${name}:12}`);
    }
    return known
      .replace(/\b[0-9a-f]{64}\b/g, "{id}")
      .replace(/\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b/g, "{mac}")
      .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g, "{time}");
  }

  normaliseAll(value: unknown): unknown {
    if (typeof value === "string") return this.normalise(value);
    if (Array.isArray(value)) return value.map((item) => this.normaliseAll(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [this.normalise(key), this.normaliseAll(item)]),
    );
  }
}

/** The kinds of a body's values: what a client's decoder sees of it. Lists by their first item. */
export function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shape);
  if (typeof value !== "object" || value === null) return value === null ? null : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, shape(item)]),
  );
}
