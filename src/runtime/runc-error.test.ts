import assert from "node:assert/strict";
import { test } from "node:test";
import { execFailureCode, shorten, startFailureCode } from "./runc-error.ts";

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
  {
    said: "runtime/cgo: pthread_create failed: Resource temporarily unavailable\nSIGABRT: abort\nPC=0x7f61 m=0\n\ngoroutine 0 [idle]:\nstack",
    short: "runtime/cgo: pthread_create failed: Resource temporarily unavailable",
    code: 125,
  },
  {
    said: "runtime: failed to create new OS thread (errno=11)\nfatal error: newosproc\n\nruntime stack:\nruntime.throw()\n\ngoroutine 1 [running]:",
    short: "runtime: failed to create new OS thread (errno=11)\nfatal error: newosproc",
    code: 125,
  },
  { said: "container does not exist", short: "container does not exist", code: 125 },
];

for (const { said, short, code } of cases) {
  test(`shorten() and startFailureCode() make "${short}" and ${code} of runc's words`, () => {
    assert.deepEqual([shorten(said), startFailureCode(short)], [short, code]);
  });
}

const execCases = [
  { why: 'exec: "x": executable file not found in $PATH', code: 127 },
  { why: 'exec: "/x": stat /x: no such file or directory', code: 127 },
  { why: 'exec: "/etc": permission denied', code: 126 },
  { why: 'chdir to cwd ("/nodir") set in config.json failed: no such file or directory', code: 126 },
  { why: "container does not exist", code: 126 },
];

for (const { why, code } of execCases) {
  test(`execFailureCode() is ${code} for "${why}"`, () => {
    assert.equal(execFailureCode(`exec failed: unable to start container process: ${why}`), code);
  });
}
