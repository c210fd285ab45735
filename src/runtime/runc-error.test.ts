import assert from "node:assert/strict";
import { test } from "node:test";
import { shorten, startFailureCode } from "./runc-error.ts";

const cases = [
  {
    said: 'runc create failed: unable to start container process: exec: "x": executable file not found in $PATH\n',
    short: 'exec: "x": executable file not found in $PATH',
    code: 127,
  },
  {
    said: 'exec failed: unable to start container process: exec: "/etc/passwd": permission denied',
    short: 'exec: "/etc/passwd": permission denied',
    code: 126,
  },
  {
    said: "runc create failed: unable to start container process: error during container init: open /proc/sys/net/x: no such file or directory",
    short: "open /proc/sys/net/x: no such file or directory",
    code: 127,
  },
  { said: "container does not exist", short: "container does not exist", code: 125 },
];

for (const { said, short, code } of cases) {
  test(`shorten() and startFailureCode() make "${short}" and ${code} of runc's words`, () => {
    assert.deepEqual([shorten(said), startFailureCode(short)], [short, code]);
  });
}
