import assert from "node:assert/strict";
import { test } from "node:test";
import { parseProcessList } from "./process-list.ts";

test("TOP-1 parseProcessList() keeps the container's processes, and their threads; the last column has blanks", () => {
  const text = [
    "UID          PID    PPID CMD",
    "root           1       0 /sbin/init splash",
    "root         100       1 nginx: master process",
    "root           -       - worker thread",
    "root         200       1 sshd",
    "root           -       - other thread",
    "www          101     100 nginx:  worker",
  ].join("\n");
  assert.deepEqual(parseProcessList(text, [100, 101]), {
    titles: ["UID", "PID", "PPID", "CMD"],
    rows: [
      ["root", "100", "1", "nginx: master process"],
      ["root", "-", "-", "worker thread"],
      ["www", "101", "100", "nginx: worker"],
    ],
  });
  assert.throws(() => parseProcessList("CMD\ninit\n", [1]), /Couldn't find PID field in ps output/);
});
