const units = ["B", "kB", "MB", "GB", "TB"];

/** Bytes in powers of 1000 with three digits, as docker shows images: "125MB", "1.23GB". */
export function humanSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${Number(value.toPrecision(3))}${units[unit]}`;
}
