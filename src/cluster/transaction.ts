import { invalid } from "../base/errors.ts";
import type { ClusterStore, Condition, Entry, Write } from "../contracts/cluster-store.ts";

/** Keys are paths: names between single slashes. NUL and halves of surrogate pairs have no UTF-8 that every store keeps. */
const wellFormedKey = /^[^/\0]+(\/[^/\0]+)*$/;

export const keyOf = (write: Write): string => ("put" in write ? write.put : write.delete);

/** Throws INVALID for a key that some store could not hold. */
export function checkKey(key: string): void {
  if (!wellFormedKey.test(key) || !key.isWellFormed()) {
    throw invalid(
      "key of the cluster's store",
      `${JSON.stringify(key)} must be names with single slashes between them, such as "hosts/a"`,
    );
  }
}

/**
 * Throws INVALID for what some store could not carry out as one transaction: too many operations, too many bytes (keys
 * and values together), a key written twice. So that every adapter refuses the same.
 */
export function checkTransaction(
  conditions: readonly Condition[],
  writes: readonly Write[],
  limits: ClusterStore["limits"],
): void {
  for (const key of [...conditions.map(({ key }) => key), ...writes.map(keyOf)]) checkKey(key);
  checkSize(conditions, writes, limits);
  const keys = new Set(writes.map(keyOf));
  if (keys.size < writes.length) {
    const twice = writes.map(keyOf).find((key, index, all) => all.indexOf(key) !== index);
    throw invalid("transaction on the cluster's store", `it writes "${twice}" twice`);
  }
}

function checkSize(
  conditions: readonly Condition[],
  writes: readonly Write[],
  { operations, valueBytes }: ClusterStore["limits"],
): void {
  const count = conditions.length + writes.length;
  if (count > operations) {
    throw invalid(
      "transaction on the cluster's store",
      `it has ${count} operations, more than the ${operations} allowed`,
    );
  }
  const bytes = writes.reduce((sum, write) => sum + bytesOf(write), 0);
  if (bytes > valueBytes) {
    throw invalid(
      "transaction on the cluster's store",
      `it writes ${bytes} bytes, more than the ${valueBytes} allowed`,
    );
  }
}

function bytesOf(write: Write): number {
  if (!("put" in write)) return 0;
  if (!write.value.isWellFormed()) {
    throw invalid(`value of "${write.put}"`, "it has half of a surrogate pair, which UTF-8 cannot carry");
  }
  return Buffer.byteLength(write.value);
}

/**
 * Ascending by the bytes of the key's UTF-8, as stores sort: JavaScript compares UTF-16, in which surrogates come before
 * U+E000 to U+FFFF.
 */
export function byKey({ key: a }: Entry, { key: b }: Entry): number {
  if (a === b) return 0;
  if (surrogate.test(a) || surrogate.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

const surrogate = /[\uD800-\uDFFF]/;
