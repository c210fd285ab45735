/** Docker's order of names: digits count as numbers, so net2 comes before net10. */
export function compareNatural(left: string, right: string): number {
  return left.localeCompare(right, "en", { numeric: true });
}
