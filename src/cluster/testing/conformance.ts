import { dataTests } from "./data-tests.ts";
import { followTests } from "./follow-tests.ts";
import { leaseTests } from "./lease-tests.ts";
import { outageTests } from "./outage-tests.ts";
import type { Subject } from "./subject.ts";

/**
 * What every adapter of `ClusterStore` must do: registers the tests with node:test. A slow adapter calls the four parts
 * from several files.
 */
export function conformanceTests(subject: Subject): void {
  dataTests(subject);
  followTests(subject);
  leaseTests(subject);
  outageTests(subject);
}
