/** "0-2,7" as numbers; undefined for what is no such list: the kernel's format, cpuset(7). */
export function parseCpuList(text: string): number[] | undefined {
  const numbers = new Set<number>();
  for (const part of text.split(",")) {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
    const [from, to] = [Number(first), Number(last)];
    // The kernel knows at most 8192 processors (CONFIG_NR_CPUS).
    if (first === undefined || from > to || to > 8192) return undefined;
    for (let number = from; number <= to; number += 1) numbers.add(number);
  }
  return [...numbers].sort((left, right) => left - right);
}
