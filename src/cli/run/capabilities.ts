/** Names as the kernel has them, "NET_ADMIN" being CAP_NET_ADMIN, sorted; what is both added and dropped is added. */
export function capabilities(flags: { readonly capAdd: readonly string[]; readonly capDrop: readonly string[] }) {
  const added = normalise(flags.capAdd);
  return { CapAdd: added, CapDrop: normalise(flags.capDrop).filter((name) => !added.includes(name)) };
}

function normalise(names: readonly string[]): string[] {
  return [...new Set(names.map(kernelName))].sort();
}

function kernelName(name: string): string {
  const upper = name.trim().toUpperCase();
  return upper === "ALL" || upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
}
