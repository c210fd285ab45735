/**
 * Takes steps one after the other, but what is in one list together: the deletion thread then waits for the kernel once, and
 * others work meanwhile. Goes on after a failure, and returns all of them.
 */
export async function goThrough(steps: readonly (readonly (() => unknown)[])[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const together of steps) {
    const results = await Promise.allSettled(together.map(async (step) => step()));
    failures.push(...results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : [])));
  }
  return failures;
}
