/** The parts of a JSON schema that say where objects are. */
interface Shape {
  readonly properties?: Readonly<Record<string, object>>;
  readonly patternProperties?: Readonly<Record<string, object>>;
  readonly items?: object;
  readonly anyOf?: readonly object[];
  readonly allOf?: readonly object[];
}

/**
 * A body with the names of its fields as the schema spells them: Go's decoder, which Docker's clients are written against,
 * takes them in upper and lower case alike, and of two the last (encoding/json, Unmarshal). Keys of maps stay as they are.
 */
export function foldKeys(schema: object, value: unknown): unknown {
  const { anyOf, allOf, items, properties, patternProperties } = schema as Shape;
  const alternatives = anyOf ?? allOf;
  if (alternatives) return alternatives.reduce((folded, one) => foldKeys(one, folded), value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return items ? value.map((one) => foldKeys(items, one)) : value;
  if (properties) return renamed(properties, value);
  const [ofEach] = Object.values(patternProperties ?? {});
  if (!ofEach) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, foldKeys(ofEach, one)]));
}

function renamed(properties: Readonly<Record<string, object>>, value: object): object {
  const spellings = spellingsOf(properties);
  const entries = Object.entries(value).map(([key, one]) => {
    const name = Object.hasOwn(properties, key) ? key : (spellings.get(key.toLowerCase()) ?? key);
    const shape = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return [name, shape ? foldKeys(shape, one) : one] as const;
  });
  return Object.fromEntries(entries);
}

const known = new WeakMap<object, ReadonlyMap<string, string>>();

/** The names of a schema's fields by their lower case. */
function spellingsOf(properties: object): ReadonlyMap<string, string> {
  const spellings = known.get(properties) ?? new Map(Object.keys(properties).map((name) => [name.toLowerCase(), name]));
  known.set(properties, spellings);
  return spellings;
}
