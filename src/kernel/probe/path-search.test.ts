import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { PathAnswer } from "../../contracts/path-probe.ts";
import { PathSearch } from "./path-search.ts";

/** Searches a path that takes at most `mtu`; `router`: one that says so. Returns the answer and how many rounds it took. */
function search(full: number, family: 4 | 6, mtu: number, router = false): { answer: PathAnswer; rounds: number } {
  const path = new PathSearch(full, family);
  for (let rounds = 1; rounds < 20; rounds++) {
    for (const size of path.sizes) {
      assert.ok(size <= full);
      if (size <= mtu) path.arrived(size);
      else if (router) path.tooBig(mtu);
    }
    if (router) assert.ok(path.settled, "nothing is left to wait for");
    const answer = path.end();
    if (answer) return { answer, rounds };
  }
  return assert.fail("it never ends");
}

test("PathSearch asks once when the full size arrives", () => {
  assert.deepEqual(search(1500, 4, 1500), { answer: { arrived: true }, rounds: 1 });
  const path = new PathSearch(1500, 4);
  path.arrived(1500);
  assert.ok(path.settled, "the small one is not waited for");
});

test("PathSearch says of a path that nothing arrives on just that", () => {
  assert.deepEqual(search(1500, 4, 0), { answer: { arrived: false }, rounds: 1 });
});

test("PathSearch finds the largest size that arrives, to the byte, in five rounds; in two when a router says it", () => {
  const sizes = fc.tuple(fc.integer({ min: 1280, max: 65_535 }), fc.constantFrom(4 as const, 6 as const));
  fc.assert(
    fc.property(sizes, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), ([full, family], share, router) => {
      const least = family === 4 ? 576 : 1280;
      const mtu = Math.max(least, Math.floor(full * share));
      const { answer, rounds } = search(full, family, mtu, router);
      assert.deepEqual(answer, mtu >= full ? { arrived: true } : { arrived: false, mtu });
      assert.ok(rounds <= (router ? 2 : 5), `${rounds} rounds`);
    }),
    { numRuns: 2000 },
  );
});
