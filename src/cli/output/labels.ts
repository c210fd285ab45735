type Labels = Readonly<Record<string, string>> | null;

/** "a=b,c=d", by key. */
export const formatLabels = (labels: Labels): string =>
  Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(",");

/** Docker's method `.Label "key"`. */
export const labelOf =
  (labels: Labels) =>
  (key: unknown): string =>
    labels?.[String(key)] ?? "";
